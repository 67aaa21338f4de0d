// Falls: the deepest fall below a peak and the longest time below one, from stretches of bars whose
// highest and lowest equity are known. Where a stretch may hold either, ranges of its bars are
// looked up; none is read one by one.
// Threads: plain values.
#pragma once

#include <algorithm>
#include <cstddef>

#include "shared/kernel/holding.hpp"
#include "shared/kernel/tables.hpp"

namespace mendel::kernel {

// Equities from here on are no deeper below the peak than `deepest`, whatever rounding did to it.
inline double shallow_from(double peak, double deepest) { return peak * (1 - deepest + 1e-15); }

class Falls {
 public:
  // From bar `begin` on, where the equity is `equity`.
  Falls(double equity, std::size_t begin) : peak_(equity), trough_(equity), below_(begin) {}

  // Bars [begin, end) without a position, at this equity.
  void add_flat(double equity, std::size_t begin, std::size_t end) {
    if (equity < peak_) {
      trough_ = std::min(trough_, equity);
      return;
    }
    settle();
    longest_ = std::max(longest_, begin - below_);
    peak_ = trough_ = equity;
    below_ = end;
  }

  // Bars [begin, end), not empty, of one block, with one.
  void add_held(const Tables& tables, const Holding& holding, const Extremes& equities,
                std::size_t begin, std::size_t end) {
    if (equities.most < peak_) {
      trough_ = std::min(trough_, equities.least);
      return;
    }
    settle();
    *this = rise(*this, tables, holding, equities, begin, end);
  }

  // Behind the last bar.
  void end(std::size_t bar) {
    settle();
    longest_ = std::max(longest_, bar - below_);
  }

  double deepest() const { return deepest_; }       // as a fraction of the peak
  std::size_t longest() const { return longest_; }  // bars

 private:
  struct Equities;

  // The time below the last peak ends: how deep was it?
  void settle() { fall_to(trough_, peak_); }
  void fall_to(double equity, double peak) {
    if (equity < shallow_from(peak, deepest_))
      deepest_ = std::max(deepest_, (peak - equity) / peak);
  }
  // The stretch reaches a new peak. Given and returned by value, so that the caller's may live in
  // registers.
  static Falls rise(Falls falls, const Tables& tables, const Holding& holding,
                    const Extremes& equities, std::size_t begin, std::size_t end);
  void find_deeper(const Equities& equities, std::size_t begin, std::size_t end);
  void find_longer(const Equities& equities, std::size_t begin, std::size_t end);

  double peak_;
  double trough_;  // the least since the peak
  double deepest_ = 0;
  std::size_t below_;  // bars [below, now) are below the peak
  std::size_t longest_ = 0;
};

}  // namespace mendel::kernel
