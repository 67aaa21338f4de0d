// Ranges: the largest and smallest close between any two bars of a block, from a few look-ups, and
// the first bar of a range that reaches a level.
// Threads: immutable after construction.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "shared/kernel/words.hpp"

namespace mendel::kernel {

struct Extremes {
  double most = 0;
  double least = 0;
};

inline Extremes joined(const Extremes& a, const Extremes& b) {
  return {std::max(a.most, b.most), std::min(a.least, b.least)};
}

// Where within its block the last of the largest and of the smallest closes of some bars are.
struct Places {
  std::uint16_t most;
  std::uint16_t least;
};

// Of a block: the places for 1, 2, 4, … bars from each on (a sparse table), one row a length.
inline constexpr std::size_t kPlaceRows = 12;
static_assert(kBlockBars == std::size_t{1} << (kPlaceRows - 1));

// The same look-ups for every range of bars within a block, without a branch.
class CloseRanges {
 public:
  explicit CloseRanges(std::span<const double> closes);

  const Places* of_block(std::size_t block) const {
    return places_.data() + block * kPlaceRows * kBlockBars;
  }
  // Of bars [begin, end), not empty, within one block.
  Extremes of(std::size_t begin, std::size_t end) const {
    const double* const closes = closes_of(begin);
    const auto [first, last] = places(begin, end);
    return joined({closes[first.most], closes[first.least]},
                  {closes[last.most], closes[last.least]});
  }
  // The last of its bars with the largest close, and the last with the smallest.
  struct Bars {
    std::size_t most;
    std::size_t least;
  };
  Bars bars(std::size_t begin, std::size_t end) const {
    const std::size_t block_begin = begin / kBlockBars * kBlockBars;
    const double* const closes = closes_of(begin);
    const auto [first, last] = places(begin, end);
    const bool most_last = closes[last.most] >= closes[first.most];
    const bool least_last = closes[last.least] <= closes[first.least];
    return {block_begin + (most_last ? last.most : first.most),
            block_begin + (least_last ? last.least : first.least)};
  }

 private:
  const double* closes_of(std::size_t bar) const {
    return closes_.data() + bar / kBlockBars * kBlockBars;
  }
  // Of two ranges that make up this one; they overlap.
  std::pair<Places, Places> places(std::size_t begin, std::size_t end) const {
    const auto row = static_cast<std::size_t>(std::bit_width(end - begin)) - 1;
    const Places* const all = of_block(begin / kBlockBars) + row * kBlockBars;
    return {all[begin % kBlockBars], all[(end - 1) % kBlockBars + 1 - (std::size_t{1} << row)]};
  }

  std::span<const double> closes_;
  std::vector<Places> places_;
};

// First bars at or beyond a level, from the least lows and largest highs of 16 and 256 bars.
class Reaches {
 public:
  Reaches(std::span<const double> lows, std::span<const double> highs);

  // Of all bars.
  double lowest() const { return lowest_; }
  double highest() const { return highest_; }
  // The first bar of [begin, end) with low <= floor or high >= ceiling; end when there is none.
  std::size_t first(std::size_t begin, std::size_t end, double floor, double ceiling) const;

  // Of bars [i * kWide, (i + 1) * kWide).
  struct Band {
    double least;
    double most;
  };
  static constexpr std::size_t kWide = 16;
  const Band& of_wide(std::size_t bar) const { return of_16_[bar / kWide]; }
  // Of the bars of a block and the one behind it.
  const Band& of_block(std::size_t block) const { return of_blocks_[block]; }
  double low(std::size_t bar) const { return lows_[bar]; }
  double high(std::size_t bar) const { return highs_[bar]; }

 private:
  static bool reaches(const Band& band, double floor, double ceiling) {
    return band.least <= floor || band.most >= ceiling;
  }

  std::span<const double> lows_;
  std::span<const double> highs_;
  std::vector<Band> of_16_;
  std::vector<Band> of_256_;
  std::vector<Band> of_blocks_;
  double lowest_ = std::numeric_limits<double>::infinity();
  double highest_ = -std::numeric_limits<double>::infinity();
};

}  // namespace mendel::kernel
