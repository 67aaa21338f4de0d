#include "shared/kernel/ranges.hpp"

namespace mendel::kernel {

CloseRanges::CloseRanges(std::span<const double> closes)
    : closes_(closes),
      places_((closes.size() + kBlockBars - 1) / kBlockBars * kPlaceRows * kBlockBars) {
  for (std::size_t begin = 0; begin < closes.size(); begin += kBlockBars) {
    const double* const close = closes.data() + begin;
    const std::size_t bars = std::min(kBlockBars, closes.size() - begin);
    Places* row = places_.data() + begin * kPlaceRows;
    for (std::size_t i = 0; i < bars; ++i) {
      row[i] = {static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i)};
    }
    for (std::size_t half = 1; 2 * half <= bars; half *= 2) {
      const Places* const below = row;
      row += kBlockBars;
      for (std::size_t i = 0; i + 2 * half <= bars; ++i) {
        const Places a = below[i];
        const Places b = below[i + half];
        row[i].most = close[b.most] >= close[a.most] ? b.most : a.most;
        row[i].least = close[b.least] <= close[a.least] ? b.least : a.least;
      }
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
  for (std::size_t begin = 0; begin < lows.size(); begin += kBlockBars) {
    const std::size_t size = std::min(kBlockBars + 1, lows.size() - begin);
    const auto block_lows = lows.subspan(begin, size);
    const auto block_highs = highs.subspan(begin, size);
    of_blocks_.push_back({*std::min_element(block_lows.begin(), block_lows.end()),
                          *std::max_element(block_highs.begin(), block_highs.end())});
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
