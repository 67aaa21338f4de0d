// Shuffle: turns a history into a null: a past with the same days in another order. Whatever the
// order of the days could teach a search is gone, and the distribution of their moves, their
// overnight gaps, shapes and volumes are as they were; so is, but for rounding, the price at the
// end.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/market/bar.hpp"

namespace mendel::data_loader {

// Days that stay together. Long enough for what lasts days or weeks (volatility, a trend of weeks),
// short enough that a history of years has many.
inline constexpr std::size_t kShuffleDays = 20;
// Fewer blocks have too few orders to tell luck from skill.
inline constexpr std::size_t kShuffleBlocksMin = 5;

struct Shuffle {
  std::uint64_t seed = 0;    // of the history as it was
  std::uint32_t number = 0;  // of the null
  std::int64_t from_ns = 0;  // whole UTC days within [from, to) are shuffled
  std::int64_t to_ns = 0;
};

// Days are those with a bar of any symbol; every symbol's days take the same order. Each bar keeps
// its time of day and its moves relative to the close before it; prices are rebuilt one after the
// other and rounded to the series' ticks, where it has them. Errors (configuration): too few days,
// a price that is not positive.
Status shuffle_days(std::vector<market::Series>& series, const Shuffle& shuffle);

}  // namespace mendel::data_loader
