// Any bytes as a dataset file: refused with a reason, or columns that can be read from end to end
// and written again to the same values.
#include <cmath>

#include "shared/store/dataset_file.hpp"
#include "tests/fuzz/sealed.hpp"

namespace mendel::fuzz {
namespace {

// docs/wire.md, "Dataset file".
void seal_dataset(std::string& bytes) {
  constexpr std::size_t kFixedBytes = 32;
  constexpr std::size_t kSumBytes = 16;
  if (bytes.size() < kFixedBytes + kSumBytes) return;
  const std::size_t header = number_at<std::uint32_t>(bytes, 12);
  if (header < kFixedBytes + kSumBytes || header > bytes.size()) return;
  const std::uint64_t body = bytes.size() - header;
  std::memcpy(bytes.data() + 16, &body, sizeof body);
  seal(bytes, header - 16, std::string_view(bytes).substr(header));
  seal(bytes, header - 8, std::string_view(bytes).substr(0, header - 8));
}

store::DatasetContent content_of(const store::MappedDataset& dataset) {
  store::DatasetContent content{dataset.source(), dataset.timeframe(), {}};
  for (const market::SeriesView& view : dataset.series()) {
    market::Series series;
    series.symbol = view.symbol;
    series.price_scale = view.price_scale;
    for (std::size_t i = 0; i < view.time_ns.size(); ++i) {
      const double sum = view.open[i] + view.high[i] + view.low[i] + view.close[i];
      check(!std::isnan(sum) && std::isfinite(view.volume[i]), "every value is a number");
      series.push({view.time_ns[i], view.open[i], view.high[i], view.low[i], view.close[i],
                   view.volume[i]});
    }
    content.series.push_back(std::move(series));
  }
  return content;
}

void run(Input input) {
  static const MemoryFolder kFolder;
  if (input.seal) seal_dataset(input.bytes);
  const std::string path = kFolder.write("input.bars", input.bytes);
  const auto dataset = store::MappedDataset::open(path, Digest{});
  if (!dataset) {
    check(!dataset.error().message.empty(), "a refusal has a reason");
    return;
  }
  check(!store::MappedDataset::open(path, sha256("another")), "a file is what its name says");
  const std::string again = store::encode_dataset(content_of(*dataset));
  const auto same = store::MappedDataset::open(kFolder.write("again.bars", again), sha256(again));
  check(static_cast<bool>(same), "what was read can be written and read");
  check(store::encode_dataset(content_of(*same)) == again, "and is the same");
}

}  // namespace
}  // namespace mendel::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mendel::fuzz::run(mendel::fuzz::take_input(data, size));
  return 0;
}
