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
  double most_at(const Extremes& closes) const {
    return equity_at(is_short() ? closes.least : closes.most);
  }
  double least_at(const Extremes& closes) const {
    return equity_at(is_short() ? closes.most : closes.least);
  }
};

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

  // Bars [begin, end), not empty, with one; `most` and `least` are its equities over the closes.
  void add_held(const Tables& tables, const Holding& holding, double most, double least,
                std::size_t begin, std::size_t end) {
    if (most < peak_) {
      trough_ = std::min(trough_, least);
      return;
    }
    settle();
    if (least < most * (1 - deepest_)) *this = deeper(*this, tables, holding, begin, end);
    if (end - 1 > below_ + longest_ || end - 1 - begin > longest_) {
      *this = longer(*this, tables, holding, begin, end);
    }
    peak_ = trough_ = most;
    below_ = begin + 1;
    peak_end_ = end;
    peak_is_short_ = holding.is_short();
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
    if (trough_ < peak_ * (1 - deepest_)) {
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
  std::size_t peak_end_ = 0;    // 0 = below_ is exact
  bool peak_is_short_ = false;  // that stretch's position
  std::size_t longest_ = 0;
};

}  // namespace mendel::kernel
