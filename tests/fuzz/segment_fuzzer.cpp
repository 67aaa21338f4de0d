// Any bytes as a segment of the durable log, before a sound one: every record that is given out is
// sound, in order, and found again at its place; the sound segment is read whatever came before it.
#include <vector>

#include "shared/durable_log/log.hpp"
#include "tests/fuzz/sealed.hpp"

namespace mendel::fuzz {
namespace {

using durable_log::Position;

constexpr const char* kStoreId = "01JD0000000000000000000001";
constexpr std::size_t kRecordSumAt = durable_log::kRecordHeaderBytes - 8;

void seal_segment(std::string& bytes) {
  constexpr std::size_t kSumAt = durable_log::kHeaderBytes - 8;
  if (bytes.size() < durable_log::kHeaderBytes) return;
  seal(bytes, kSumAt, std::string_view(bytes).substr(0, kSumAt));
  std::size_t at = durable_log::kHeaderBytes;
  while (at + durable_log::kRecordHeaderBytes <= bytes.size()) {
    const std::size_t payload = number_at<std::uint32_t>(bytes, at);
    if (payload > bytes.size() - at - durable_log::kRecordHeaderBytes) return;
    const std::string_view record(bytes.data() + at, durable_log::kRecordHeaderBytes + payload);
    std::string summed(record.substr(0, kRecordSumAt));
    summed.append(record.substr(durable_log::kRecordHeaderBytes));
    seal(bytes, at + kRecordSumAt, summed);
    at += record.size();
  }
}

// A newer epoch's segment (then a bad end of the input is a torn write) or the same epoch's next.
std::string sound_segment(std::uint64_t epoch, std::uint32_t number) {
  std::string bytes = durable_log::encode_header({epoch, number, kStoreId, 1});
  durable_log::append_record(bytes, {9, "the last one"}, 1'000'000);
  return bytes;
}

// All records behind `from`; nullopt when the log was refused.
std::optional<std::vector<durable_log::Entry>> read_all(const std::string& folder,
                                                        const Position& from) {
  auto reader = durable_log::Reader::open(folder, kStoreId, from);
  if (!reader) return std::nullopt;
  std::vector<durable_log::Entry> entries;
  for (;;) {
    auto entry = reader->next();
    if (!entry) return std::nullopt;
    if (!*entry) break;
    check(entries.empty() || entries.back().end <= (*entry)->begin, "records do not overlap");
    check((*entry)->begin < (*entry)->end, "a record has bytes");
    entries.push_back(std::move(**entry));
  }
  check(reader->report().records == entries.size(), "every record is counted");
  return entries;
}

void run(Input input) {
  static const MemoryFolder kFolder;
  if (input.seal) seal_segment(input.bytes);
  kFolder.write(durable_log::segment_name(1, 1), input.bytes);
  const bool next_epoch = input.bytes.size() % 2 == 0;
  const std::string last = durable_log::segment_name(next_epoch ? 2 : 1, next_epoch ? 1 : 2);
  kFolder.write(last, sound_segment(next_epoch ? 2 : 1, next_epoch ? 1 : 2));
  const auto entries = read_all(kFolder.path(), {});
  if (entries) {
    check(!entries->empty() && entries->back().record.payload == "the last one",
          "a sound segment is read behind a bad one");
    for (const durable_log::Entry& entry : *entries) {
      const auto record = durable_log::read_at(kFolder.path(), entry.begin);
      check(record && record->payload == entry.record.payload, "a record is found at its place");
    }
    const auto rest = read_all(kFolder.path(), entries->front().end);
    // It may give out more: it does not know which numbers are too old to be believed.
    check(rest && rest->size() + 1 >= entries->size(), "reading goes on behind any record");
  }
  std::filesystem::remove(kFolder.path() + "/" + last);
}

}  // namespace
}  // namespace mendel::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mendel::fuzz::run(mendel::fuzz::take_input(data, size));
  return 0;
}
