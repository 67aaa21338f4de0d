#include "shared/kernel/ranges.hpp"

namespace mendel::kernel {

Groups::Groups(std::span<const double> closes) {
  std::vector<Extremes>& first = levels_[0];
  for (std::size_t i = 0; i < closes.size(); ++i) {
    const Extremes one{closes[i], closes[i]};
    if (i % kGroupBars == 0) {
      first.push_back(one);
    } else {
      first.back() = joined(first.back(), one);
    }
  }
  for (std::size_t level = 1; level < kLevels; ++level) {
    const std::vector<Extremes>& below = levels_[level - 1];
    const std::size_t half = std::size_t{1} << (level - 1);
    for (std::size_t i = 0; i + half < below.size(); ++i) {
      levels_[level].push_back(joined(below[i], below[i + half]));
    }
  }
}

Reaches::Reaches(std::span<const double> lows, std::span<const double> highs)
    : lows_(lows), highs_(highs) {
  for (std::size_t i = 0; i < lows.size(); ++i) {
    if (i % kWide == 0) of_16_.push_back({lows[i], highs[i]});
    of_16_.back().least = std::min(of_16_.back().least, lows[i]);
    of_16_.back().most = std::max(of_16_.back().most, highs[i]);
  }
  for (std::size_t i = 0; i < of_16_.size(); ++i) {
    if (i % kWide == 0) of_256_.push_back(of_16_[i]);
    of_256_.back().least = std::min(of_256_.back().least, of_16_[i].least);
    of_256_.back().most = std::max(of_256_.back().most, of_16_[i].most);
    lowest_ = std::min(lowest_, of_16_[i].least);
    highest_ = std::max(highest_, of_16_[i].most);
  }
}

std::size_t Reaches::first(std::size_t begin, std::size_t end, double floor, double ceiling) const {
  for (std::size_t i = begin; i < end;) {
    if (i % (kWide * kWide) == 0 && !reaches(of_256_[i / (kWide * kWide)], floor, ceiling)) {
      i += kWide * kWide;
    } else if (i % kWide == 0 && !reaches(of_16_[i / kWide], floor, ceiling)) {
      i += kWide;
    } else {
      const std::size_t stop = std::min(end, i / kWide * kWide + kWide);
      for (; i < stop; ++i) {
        if (lows_[i] <= floor || highs_[i] >= ceiling) return i;
      }
    }
  }
  return end;
}

}  // namespace mendel::kernel
