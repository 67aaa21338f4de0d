#include "shared/kernel/falls.hpp"

namespace mendel::kernel {

// Ranges of one stretch's bars, none empty.
struct Falls::Equities {
  const Tables& tables;
  const Holding& holding;

  Extremes of(std::size_t begin, std::size_t end) const {
    return holding.equities_at(tables.extremes(begin, end));
  }
  double at(std::size_t bar) const { return holding.equity_at(tables.row(bar).close); }
  // The last bars with the closes of the highest and of the lowest equity.
  CloseRanges::Bars bars(std::size_t begin, std::size_t end) const {
    const CloseRanges::Bars bars = tables.ranges().bars(begin, end);
    return holding.is_short() ? CloseRanges::Bars{bars.least, bars.most} : bars;
  }
  // Requires that there is one with this equity or more.
  std::size_t first_from(double equity, std::size_t begin, std::size_t end) const {
    while (end - begin > 1) {
      const std::size_t middle = begin + (end - begin) / 2;
      if (of(begin, middle).most >= equity) {
        end = middle;
      } else {
        begin = middle;
      }
    }
    return begin;
  }
};

Falls Falls::rise(Falls falls, const Tables& tables, const Holding& holding,
                  const Extremes& extremes, std::size_t begin, std::size_t end) {
  const Equities equities{tables, holding};
  // Mostly even from the highest to the lowest of all is no deeper.
  if (extremes.least < shallow_from(extremes.most, falls.deepest_)) {
    falls.find_deeper(equities, begin, end);
  }
  if (end - 1 > falls.below_ + falls.longest_) falls.find_longer(equities, begin, end);
  std::size_t last = equities.bars(begin, end).most;
  falls.peak_ = falls.trough_ = equities.at(last);
  // Another close may have the same equity: rounding.
  while (last + 1 < end && equities.of(last + 1, end).most >= falls.peak_) {
    last = equities.bars(last + 1, end).most;
  }
  falls.below_ = last + 1;
  return falls;
}

// From the stretch's highest bar back to the one before it, and so on, while that can matter.
void Falls::find_deeper(const Equities& equities, std::size_t begin, std::size_t end) {
  while (begin < end) {
    const auto [top, bottom] = equities.bars(begin, end);
    const double most = equities.at(top);
    const double least = equities.at(bottom);
    if (least >= shallow_from(std::max(peak_, most), deepest_)) return;
    if (most < peak_) return fall_to(least, peak_);
    if (top < bottom) return fall_to(least, most);
    if (top + 1 < end) fall_to(equities.of(top + 1, end).least, most);
    end = top;
  }
}

// From peak to peak. Those not longer than the longest time below one after the other are skipped.
void Falls::find_longer(const Equities& equities, std::size_t begin, std::size_t end) {
  double peak = peak_;
  std::size_t since = below_;
  while (begin < end && end - 1 > since + longest_) {
    const std::size_t soon = std::min(end, since + longest_ + 1);
    const std::size_t top = begin < soon ? equities.bars(begin, soon).most : end;
    if (top < end && equities.at(top) >= peak) {
      begin = top;
    } else {
      begin = std::max(begin, soon);
      if (equities.of(begin, end).most < peak) return;
      begin = equities.first_from(peak, begin, end);
      longest_ = std::max(longest_, begin - since);
    }
    peak = equities.at(begin);
    since = ++begin;
  }
}

}  // namespace mendel::kernel
