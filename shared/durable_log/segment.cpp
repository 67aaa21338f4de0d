#include "shared/durable_log/segment.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "shared/base/bytes.hpp"
#include "shared/base/check.hpp"
#include "shared/base/hash.hpp"

namespace mendel::durable_log {
namespace {

constexpr std::string_view kMagic = "MENDLOG1";
constexpr std::uint8_t kRecordVersion = 1;
constexpr std::size_t kEpochDigits = 12;
constexpr std::size_t kNumberDigits = 6;
constexpr std::string_view kSuffix = ".log";

// A record's checksum covers its header up to the checksum itself, then the payload.
constexpr std::size_t kSummedHeaderBytes = kRecordHeaderBytes - 8;

// Most records are scores of some hundred bytes: the two parts are joined without an allocation.
constexpr std::size_t kJoinedBytes = 2048;

std::uint64_t record_checksum(std::string_view header, std::string_view payload) {
  header = header.substr(0, kSummedHeaderBytes);
  if (payload.size() > kJoinedBytes - kSummedHeaderBytes) {
    return checksum(std::string(header).append(payload));
  }
  char joined[kJoinedBytes];
  header.copy(joined, header.size());
  payload.copy(joined + header.size(), payload.size());
  return checksum(std::string_view(joined, header.size() + payload.size()));
}

template <class Number>
bool parse_digits(std::string_view digits, Number& value) {
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return false;
  const char* end = digits.data() + digits.size();
  return std::from_chars(digits.data(), end, value).ptr == end;
}

}  // namespace

std::string segment_name(std::uint64_t epoch, std::uint32_t number) {
  return fmt::format("{:012}-{:06}{}", epoch, number, kSuffix);
}

std::optional<SegmentName> parse_segment_name(std::string_view name) {
  SegmentName parsed;
  if (name.size() != kEpochDigits + 1 + kNumberDigits + kSuffix.size() ||
      name[kEpochDigits] != '-' || !name.ends_with(kSuffix) ||
      !parse_digits(name.substr(0, kEpochDigits), parsed.epoch) ||
      !parse_digits(name.substr(kEpochDigits + 1, kNumberDigits), parsed.number)) {
    return std::nullopt;
  }
  return parsed;
}

std::string encode_header(const SegmentHeader& header) {
  check(header.store_id.size() == kStoreIdBytes, "a store id is a ULID");
  std::string bytes(kMagic);
  append_number(bytes, kLogVersion);
  append_number(bytes, std::uint16_t{0});
  append_number(bytes, header.epoch);
  append_number(bytes, header.number);
  bytes.append(header.store_id);
  append_number(bytes, header.created_at_ns);
  append_number(bytes, checksum(bytes));
  check(bytes.size() == kHeaderBytes, "a segment header of kHeaderBytes");
  return bytes;
}

std::optional<SegmentHeader> decode_header(std::string_view bytes) {
  ByteReader reader(bytes.substr(0, kHeaderBytes));
  if (reader.raw(kMagic.size()) != kMagic) return std::nullopt;
  const auto version = reader.number<std::uint16_t>();
  const auto zero = reader.number<std::uint16_t>();
  SegmentHeader header;
  header.epoch = reader.number<std::uint64_t>();
  header.number = reader.number<std::uint32_t>();
  header.store_id = reader.raw(kStoreIdBytes);
  header.created_at_ns = reader.number<std::int64_t>();
  const auto sum = reader.number<std::uint64_t>();
  if (!reader.ok() || version != kLogVersion || zero != 0 ||
      sum != checksum(bytes.substr(0, kHeaderBytes - 8))) {
    return std::nullopt;
  }
  return header;
}

void append_record(std::string& out, const Record& record, std::uint64_t sequence) {
  check(record.payload.size() <= kRecordBytesMax, "a record within kRecordBytesMax");
  const std::size_t begin = out.size();
  append_number(out, static_cast<std::uint32_t>(record.payload.size()));
  append_number(out, record.kind);
  append_number(out, kRecordVersion);
  append_number(out, std::uint16_t{0});
  append_number(out, sequence);
  append_number(out, record_checksum(std::string_view(out).substr(begin), record.payload));
  out.append(record.payload);
}

std::optional<RecordHeader> decode_record_header(std::string_view bytes) {
  ByteReader reader(bytes);
  RecordHeader header;
  header.payload_bytes = reader.number<std::uint32_t>();
  header.kind = reader.number<std::uint8_t>();
  const auto version = reader.number<std::uint8_t>();
  const auto zero = reader.number<std::uint16_t>();
  header.sequence = reader.number<std::uint64_t>();
  if (!reader.ok() || header.payload_bytes > kRecordBytesMax || version != kRecordVersion ||
      zero != 0 || header.sequence == 0) {
    return std::nullopt;
  }
  return header;
}

bool is_sound(std::string_view record) {
  std::uint64_t sum = 0;
  std::memcpy(&sum, record.data() + kSummedHeaderBytes, sizeof sum);
  return sum == record_checksum(record, record.substr(kRecordHeaderBytes));
}

}  // namespace mendel::durable_log
