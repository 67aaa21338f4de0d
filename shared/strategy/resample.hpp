// Resample: the longer bars of at(), and which bar of other bars is the last closed one.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shared/market/bar.hpp"

namespace mendel::strategy {

// Joins bars of bar_ns into bars of length_ns, which start at UTC midnight (weeks on Monday): each
// into the one in which it closes, so that a longer bar never holds one that closes after it. Open
// of the first, highest high, lowest low, close of the last, volumes added oldest first. The last
// one may be incomplete.
market::Series resample(const market::SeriesView& bars, std::int64_t bar_ns,
                        std::int64_t length_ns);

inline constexpr std::size_t kNoBar = static_cast<std::size_t>(-1);

// For every bar (open times `bars`, length bar_ns) the last one of `others` (length other_ns) that
// has closed by the clock when it closes, or kNoBar. Requires both in ascending order.
std::vector<std::size_t> last_closed(std::span<const std::int64_t> bars, std::int64_t bar_ns,
                                     std::span<const std::int64_t> others, std::int64_t other_ns);

}  // namespace mendel::strategy
