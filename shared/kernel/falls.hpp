// Falls: the deepest fall below a peak and the longest time below one, from stretches of bars whose
// highest and lowest equity are known. Bars are read one by one only where they can matter.
// Threads: plain values.
#pragma once

#include <algorithm>
#include <cstddef>

#include "shared/kernel/tables.hpp"

namespace mendel::kernel {

// Equity while a position is held: cash + quantity * close; a short's quantity is below 0.
struct Holding {
  double cash = 0;
  double quantity = 0;

  bool is_short() const { return quantity < 0; }
  double equity_at(double price) const { return cash + quantity * price; }
  Extremes equities_at(const Extremes& closes) const {
    const double high = equity_at(closes.most);
    const double low = equity_at(closes.least);
    return is_short() ? Extremes{low, high} : Extremes{high, low};
  }
};

// Equities from here on are no deeper below the peak than `deepest`, whatever rounding did to it.
inline double shallow_from(double peak, double deepest) { return peak * (1 - deepest + 1e-15); }

class Falls {
 public:
  // From bar `begin` on, where the equity is `equity`.
  Falls(double equity, std::size_t begin) : peak_(equity), trough_(equity), below_(begin) {}

  // Bars [begin, end) without a position, at this equity.
  void add_flat(const Tables& tables, double equity, std::size_t begin, std::size_t end) {
    if (equity < peak_) {
      trough_ = std::min(trough_, equity);
      return;
    }
    settle();
    if (begin > below_ + longest_) end_time_below(tables, begin);
    peak_ = trough_ = equity;
    below_ = end;
    peak_end_ = 0;
  }

  // Bars [begin, end), not empty, with one.
  void add_held(const Tables& tables, const Holding& holding, const Extremes& equities,
                std::size_t begin, std::size_t end) {
    if (equities.most < peak_) {
      trough_ = std::min(trough_, equities.least);
      return;
    }
    settle();
    if (equities.least < shallow_from(equities.most, deepest_)) {
      *this = deeper(*this, tables, holding, begin, end);
    }
    if (end - 1 > below_ + longest_) *this = longer(*this, tables, holding, begin, end);
    peak_ = trough_ = equities.most;
    below_ = begin + 1;
    peak_end_ = end;
    peak_holding_ = holding;
  }

  // Behind the last bar.
  void end(const Tables& tables, std::size_t bar) {
    settle();
    if (bar > below_ + longest_) end_time_below(tables, bar);
  }

  double deepest() const { return deepest_; }       // as a fraction of the peak
  std::size_t longest() const { return longest_; }  // bars

 private:
  // The time below the last peak ends: how deep was it?
  void settle() {
    if (trough_ < shallow_from(peak_, deepest_)) {
      deepest_ = std::max(deepest_, (peak_ - trough_) / peak_);
    }
  }
  // Bar `bar` is at the peak again, or behind the last.
  void end_time_below(const Tables& tables, std::size_t bar) {
    if (peak_end_ != 0) *this = found(*this, tables);
    if (bar > below_ + longest_) longest_ = bar - below_;
  }
  // Rarely needed. Given and returned by value, so that the caller's may live in registers.
  static Falls found(Falls falls, const Tables& tables);
  static Falls deeper(Falls falls, const Tables& tables, const Holding& holding, std::size_t begin,
                      std::size_t end);
  static Falls longer(Falls falls, const Tables& tables, const Holding& holding, std::size_t begin,
                      std::size_t end);

  double peak_;
  double trough_;  // the least since the peak
  double deepest_ = 0;
  // Bars [below, now) are below the peak. Where the bar of the last peak did not matter yet, it is
  // only known to lie in the stretch [below_ - 1, peak_end_).
  std::size_t below_;
  std::size_t peak_end_ = 0;  // 0 = below_ is exact
  Holding peak_holding_;      // that stretch's position
  std::size_t longest_ = 0;
};

}  // namespace mendel::kernel
