// Time as integers: nanoseconds since the Unix epoch (UTC) for moments, nanoseconds of the
// monotonic clock for time-outs. Cores never read a clock; they are given a Now.
// Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mendel {

inline constexpr std::int64_t kNsPerMs = 1'000'000;
inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;
inline constexpr std::int64_t kNsPerDay = 86'400 * kNsPerSecond;

// The present, as handed to a core.
struct Now {
  std::int64_t monotonic_ns = 0;  // for time-outs and leases
  std::int64_t wall_ns = 0;       // UTC, for records and logs only
};

// Reads both clocks. Only edges (runtime, command line) call this.
Now read_clocks();

// A civil date of the proleptic Gregorian calendar.
struct Date {
  int year = 1970;
  int month = 1;  // 1..12
  int day = 1;    // 1..31
};

// Days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
std::int64_t days_from_date(Date date);
Date date_from_days(std::int64_t days);
// Whether year 1..9999, month and day name an existing day.
bool is_valid(Date date);

// The UTC day (since 1970-01-01) that holds a moment.
std::int64_t day_of(std::int64_t time_ns);

// "2019-10-17T09:00:00Z"; with a fraction of up to nine digits when there is one.
std::string format_time(std::int64_t time_ns);
// "2019-10-17", the UTC day.
std::string format_date(std::int64_t time_ns);
// Reads exactly what format_time and format_date write; nullopt for anything else.
std::optional<std::int64_t> parse_time(std::string_view text);

}  // namespace mendel
