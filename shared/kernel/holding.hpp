// Holding: cash and a position, and what they are worth at a price. Threads: plain values.
#pragma once

#include "shared/kernel/ranges.hpp"

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

}  // namespace mendel::kernel
