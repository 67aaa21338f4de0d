#include "shared/market/holes.hpp"

#include <algorithm>

#include "shared/base/time.hpp"

namespace mendel::market {

std::int64_t missing_bars(std::int64_t before_ns, std::int64_t after_ns, std::int64_t length_ns) {
  const std::int64_t apart_ns = after_ns - before_ns;
  if (apart_ns <= length_ns) return 0;
  const bool closes = length_ns >= kNsPerDay;
  if (closes && apart_ns <= length_ns + kClosedDaysMax * kNsPerDay) return 0;
  const std::int64_t lengths = apart_ns / length_ns;
  const bool more = apart_ns % length_ns >= length_ns - length_ns / 2;
  return std::max<std::int64_t>(0, lengths + (more ? 1 : 0) - 1);
}

Holes find_holes(std::span<const std::int64_t> times_ns, const Timeframe& timeframe) {
  Holes holes;
  for (std::size_t i = 1; i < times_ns.size(); ++i) {
    const std::int64_t missing = missing_bars(times_ns[i - 1], times_ns[i], timeframe.length_ns);
    if (missing == 0) continue;
    const Hole hole{times_ns[i - 1], times_ns[i], missing};
    ++holes.count;
    holes.missing += missing;
    if (missing > holes.longest.missing) holes.longest = hole;
    if (holes.first.size() < kHolesKept) holes.first.push_back(hole);
  }
  return holes;
}

}  // namespace mendel::market
