// The segment format of the durable log, for writer and reader alike. Grammar: docs/wire.md,
// "Log segment".
//
//   segment := header record*
//   header  := "MENDLOG1" u16 version, u16 zero, u64 epoch, u32 number, store id (26 bytes),
//              i64 created_at_ns, u64 XXH3 of the header before it
//   record  := u32 payload bytes, u8 kind, u8 version, u16 zero, u64 sequence, u64 XXH3 of (the 16
//              bytes before it, then the payload), payload
//   file    := <epoch, 12 digits>-<number, 6 digits>.log; sealed when a newer one exists
// Threads: plain values.
#pragma once

#include <cstdint>
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

}  // namespace mendel::durable_log
