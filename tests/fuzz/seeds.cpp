// Writes the seeds of the binary formats' fuzz targets, made by the code that writes the formats:
//   fuzz_seeds FOLDER   fills FOLDER/{frame,segment,dataset,checkpoint}s
// Each comes twice, to be taken as it is and to have its checksums put right (sealed.hpp).
#include <cstdio>
#include <fstream>

#include "shared/durable_log/segment.hpp"
#include "shared/store/dataset_file.hpp"
#include "shared/wire/codec.hpp"
#include "tests/fuzz/sealed.hpp"
#include "tests/unit/ga_dispatcher/fixture.hpp"
#include "tests/unit/wire/samples.hpp"

namespace mendel::fuzz {
namespace {

class Corpus {
 public:
  Corpus(const std::string& folder, const std::string& kind) : folder_(folder + "/" + kind + "s") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void add(const std::string& name, const std::string& bytes) const {
    for (const char mode : {0, 1}) {
      std::ofstream file(folder_ + "/" + name + (mode == 0 ? "" : "_sealed"), std::ios::binary);
      file << mode << bytes;
      check(file.good(), "a seed is written");
    }
  }

 private:
  std::string folder_;
};

void add_frames(const std::string& folder) {
  const Corpus corpus(folder, "frame");
  for (const wire::Message& message : wire::sample_messages()) {
    std::string frame = wire::encode(message);
    const std::string name(wire::kind_name(message));
    corpus.add(name, frame);
    frame[2] = static_cast<char>(wire::kWireVersion - 1);
    corpus.add(name + "_of_the_version_before", frame);
  }
  const std::string header = wire::encode(wire::Query{}).substr(0, 16);
  corpus.add("empty", "");
  corpus.add("list_of_four_billion", header + "\xdd\xff\xff\xff\xff");
  corpus.add("text_of_four_gigabytes", header + "\x93\xdb\xff\xff\xff\xff");
  corpus.add("map_of_four_billion", header + "\xdf\xff\xff\xff\xff");
  corpus.add("deep", header + std::string(4000, '\x91'));
  corpus.add("many_empty_lists",
             header + "\xdd" + std::string("\0\0\x40\0", 4) + std::string(0x4000, '\x90'));
}

void add_segments(const std::string& folder) {
  const Corpus corpus(folder, "segment");
  std::string bytes =
      durable_log::encode_header({1, 1, "01JD0000000000000000000001", 1'700'000'000});
  corpus.add("header", bytes);
  for (std::uint64_t i = 1; i <= 5; ++i) {
    durable_log::append_record(bytes, {7, std::string(i * 20, static_cast<char>('a' + i))}, i);
  }
  corpus.add("five_records", bytes);
  corpus.add("torn", bytes.substr(0, bytes.size() - 30));
  std::string flipped = bytes;
  flipped[150] = static_cast<char>(flipped[150] ^ 1);
  corpus.add("flipped", flipped);
  std::string again = bytes;
  durable_log::append_record(again, {7, "an old number"}, 2);
  corpus.add("sequence_goes_back", again);
  std::string other =
      durable_log::encode_header({1, 1, "01JD0000000000000000000002", 1'700'000'000});
  corpus.add("another_store", other);
  // A record inside of a damaged one's payload, and lengths that promise what is not there.
  std::string inner;
  durable_log::append_record(inner, {7, "inner"}, 3);
  std::string outer = bytes;
  durable_log::append_record(outer, {7, inner + inner}, 6);
  corpus.add("record_in_a_record", outer);
  outer[bytes.size() + 16] = static_cast<char>(outer[bytes.size() + 16] ^ 1);
  corpus.add("record_in_a_damaged_record", outer);
  std::string hostile = bytes;
  for (int i = 0; i < 20; ++i) {
    const std::size_t at = hostile.size();
    durable_log::append_record(hostile, {7, ""}, 7);
    const std::uint32_t promised = durable_log::kRecordBytesMax - (i % 2);
    std::memcpy(hostile.data() + at, &promised, sizeof promised);
  }
  corpus.add("lengths_beyond_the_end", hostile);
}

void add_datasets(const std::string& folder) {
  const Corpus corpus(folder, "dataset");
  store::DatasetContent content{"source", {"1d", 86'400'000'000'000}, {}};
  corpus.add("nothing", store::encode_dataset(content));
  for (const char* symbol : {"ONE", "TWO"}) {
    market::Series series;
    series.symbol = symbol;
    series.price_scale = 100;
    for (int i = 0; i < 9; ++i) {
      const double price = 10 + (i * 7) % 5;
      series.push({i * 86'400'000'000'000, price, price + 1, price - 1, price, 3.0 * i});
    }
    content.series.push_back(std::move(series));
    corpus.add(std::string("bars_of_") + symbol, store::encode_dataset(content));
  }
  const std::string bytes = store::encode_dataset(content);
  const auto changed = [&](std::size_t at, auto value) {
    std::string copy = bytes;
    std::memcpy(copy.data() + at, &value, sizeof value);
    return copy;
  };
  corpus.add("cut", bytes.substr(0, bytes.size() / 2));
  corpus.add("header_of_four_gigabytes", changed(12, 0xffffffffu));
  corpus.add("version_two", changed(8, std::uint16_t{2}));
  corpus.add("bar_is_no_number", changed(bytes.size() - 128, std::uint64_t{0x7ff8000000000000}));
  const std::size_t count_at = bytes.find("ONE") + 3;
  corpus.add("series_of_2_to_the_32", changed(count_at, std::uint64_t{1} << 32));
  corpus.add("series_of_2_to_the_61", changed(count_at, std::uint64_t{1} << 61));
}

void add_checkpoints(const std::string& folder) {
  const Corpus corpus(folder, "checkpoint");
  testing::FakeWorldSettings settings;
  settings.candidate_ms = 20;  // so that several generations are kept
  testing::FakeWorld world(settings, testing::score_of);
  world.ask("submit", testing::kRun, testing::experiment_text("generations = 4"));
  world.finish(testing::kRun);
  const auto& saved = world.checkpoints[testing::kRun];
  check(saved.size() >= 3, "a run is kept while it goes on");
  corpus.add("waiting", saved.front());
  corpus.add("in_the_middle", saved[saved.size() / 2]);
  corpus.add("ended", saved.back());
  const std::string& bytes = saved[saved.size() / 2];
  corpus.add("cut", bytes.substr(0, bytes.size() - 100));
  std::string changed = bytes;
  changed.replace(bytes.size() - 60, 4, "\xff\xff\xff\xff");
  corpus.add("more_than_there_is", changed);
}

}  // namespace
}  // namespace mendel::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
    return 2;
  }
  mendel::fuzz::add_frames(argv[1]);
  mendel::fuzz::add_segments(argv[1]);
  mendel::fuzz::add_datasets(argv[1]);
  mendel::fuzz::add_checkpoints(argv[1]);
  return 0;
}
