// Stamp: the time cell of a bar file. Dates and date-times by the year first, with a fraction, an
// offset, `AM`/`PM` ("2019-10-17 09-AM"), compact dates, and epochs of seconds to nanoseconds.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "shared/market/time_zone.hpp"

namespace mendel::market {

// Times outside are a wrong unit or a slip, never market data.
inline constexpr int kFirstYear = 1900;
inline constexpr int kLastYear = 2199;

// How the cells of one column are read. Digits alone do not say whether they count seconds or
// milliseconds, so the unit belongs to the column, not to the cell.
struct StampFormat {
  TimeZone zone;                   // of times that carry no offset
  bool compact_date = false;       // digits are YYYYMMDD
  std::int64_t epoch_unit_ns = 0;  // what digits count; 0 = they are no epoch
};

// Decides by the first and the last cell of the column: files are sorted one way or the other, so
// the one farthest from 1970 shows the unit (10^11 seconds are the year 5138).
StampFormat stamp_format(std::string_view first, std::string_view last, TimeZone zone);

enum class StampFault : std::uint8_t {
  none,
  unreadable,    // none of the forms above
  out_of_range,  // before kFirstYear or after kLastYear
  skipped,       // clocks of the zone were set forward over it
};

struct Stamp {
  std::int64_t time_ns = 0;
  StampFault fault = StampFault::none;
};
Stamp parse_stamp(std::string_view text, const StampFormat& format);

}  // namespace mendel::market
