// The segment format of the durable log, for writer and reader alike. Grammar: docs/wire.md,
// "Log segment".
//
//   segment := header record*
//   header  := "MENDLOG1" u16 version, u16 zero, u64 epoch, u32 number, store id (26 bytes),
//              i64 created_at_ns, u64 XXH3 of the header before it
//   record  := u32 payload bytes, u8 kind, u8 version, u16 zero, u64 sequence, u64 XXH3 of (the 16
//              bytes before it, then the payload), payload
//   file    := <epoch, 12 digits>-<number, 6 digits>.log; sealed when a newer one exists
//
// Sequences count the records of one epoch (1, 2, …), over all its segments.
// Threads: plain values and pure functions.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mendel::durable_log {

inline constexpr std::size_t kRecordBytesMax = 32 << 20;
inline constexpr std::size_t kSegmentBytesMax = 256 << 20;  // a writer begins the next one above

// A place in a log. Segment names sort by epoch and number.
struct Position {
  std::string segment;       // file name
  std::uint64_t offset = 0;  // of the first byte not covered

  auto operator<=>(const Position&) const = default;
};

struct Record {
  std::uint8_t kind = 0;
  std::string payload;
};

inline constexpr std::uint16_t kLogVersion = 1;
inline constexpr std::size_t kStoreIdBytes = 26;  // a ULID
inline constexpr std::size_t kHeaderBytes = 8 + 2 + 2 + 8 + 4 + kStoreIdBytes + 8 + 8;
inline constexpr std::size_t kRecordHeaderBytes = 4 + 1 + 1 + 2 + 8 + 8;

struct SegmentHeader {
  std::uint64_t epoch = 0;
  std::uint32_t number = 0;
  std::string store_id;
  std::int64_t created_at_ns = 0;
};

// Which file a segment is.
struct SegmentName {
  std::uint64_t epoch = 0;
  std::uint32_t number = 0;
};
std::string segment_name(std::uint64_t epoch, std::uint32_t number);
// nullopt unless `name` is exactly what segment_name makes.
std::optional<SegmentName> parse_segment_name(std::string_view name);

// Requires a store id of kStoreIdBytes.
std::string encode_header(const SegmentHeader& header);
// nullopt when the checksum, magic or version is wrong. Requires kHeaderBytes.
std::optional<SegmentHeader> decode_header(std::string_view bytes);

// Requires a payload of at most kRecordBytesMax.
void append_record(std::string& out, const Record& record, std::uint64_t sequence);

// The fields of a record's header; the checksum is compared by is_sound().
struct RecordHeader {
  std::size_t payload_bytes = 0;
  std::uint8_t kind = 0;
  std::uint64_t sequence = 0;

  std::size_t record_bytes() const { return kRecordHeaderBytes + payload_bytes; }
};
// nullopt when these bytes cannot begin a record. Requires kRecordHeaderBytes.
std::optional<RecordHeader> decode_record_header(std::string_view bytes);
// Whether header and payload match their checksum. Requires record_bytes().
bool is_sound(std::string_view record);

}  // namespace mendel::durable_log
