// Holes: where bars are missing between those of a series. The one rule of Mendel: what a report
// counts as missing is what `max_gap_bars` counts.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "shared/market/timeframe.hpp"

namespace mendel::market {

// A market of daily or longer bars that is closed so long (weekends, holidays) misses none.
inline constexpr std::int64_t kClosedDaysMax = 4;
inline constexpr std::size_t kHolesKept = 10;

// Bars that are missing between two neighbours: how many lengths their opens are apart, to the
// nearest (a clock set forward or back moves them), less one. From 1d on it is 0 when no more than
// kClosedDaysMax days lie between them. Requires before_ns <= after_ns and length_ns > 0.
std::int64_t missing_bars(std::int64_t before_ns, std::int64_t after_ns, std::int64_t length_ns);

// A stretch of missing bars.
struct Hole {
  std::int64_t after_ns = 0;   // the last bar before it
  std::int64_t before_ns = 0;  // the first bar behind it
  std::int64_t missing = 0;    // bars, at least 1

  bool operator==(const Hole&) const = default;
};

struct Holes {
  std::int64_t count = 0;
  std::int64_t missing = 0;
  Hole longest;
  std::vector<Hole> first;  // at most kHolesKept
};

// Holes between ascending times, by missing_bars.
Holes find_holes(std::span<const std::int64_t> times_ns, const Timeframe& timeframe);

}  // namespace mendel::market
