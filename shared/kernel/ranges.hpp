// Ranges: the largest and smallest close between any two bars of a block, from four look-ups, and
// the first bar of a range that reaches a level.
// Threads: immutable after construction.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
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

// Bars in groups of eight. Within a group: extremes up to each bar and from each bar on; over whole
// groups: of 1, 2, 4, … groups from each on (a sparse table).
inline constexpr std::size_t kGroupBars = 8;

class Groups {
 public:
  explicit Groups(std::span<const double> closes);

  // Of groups [begin, end), at least one, at most a block's.
  Extremes of(std::size_t begin, std::size_t end) const {
    const auto level = static_cast<std::size_t>(std::bit_width(end - begin)) - 1;
    const std::vector<Extremes>& row = levels_[level];
    return joined(row[begin], row[end - (std::size_t{1} << level)]);
  }

 private:
  static constexpr std::size_t kLevels = 9;
  static_assert(kBlockBars / kGroupBars == std::size_t{1} << (kLevels - 1));

  std::vector<Extremes> levels_[kLevels];
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

 private:
  struct Band {
    double least;
    double most;
  };
  static constexpr std::size_t kWide = 16;

  static bool reaches(const Band& band, double floor, double ceiling) {
    return band.least <= floor || band.most >= ceiling;
  }

  std::span<const double> lows_;
  std::span<const double> highs_;
  std::vector<Band> of_16_;
  std::vector<Band> of_256_;
  double lowest_ = std::numeric_limits<double>::infinity();
  double highest_ = -std::numeric_limits<double>::infinity();
};

}  // namespace mendel::kernel
