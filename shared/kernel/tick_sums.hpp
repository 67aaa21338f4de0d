// TickSums: running sums of the ticks of the price columns, exact in doubles.
// Threads: immutable after construction.
#pragma once

#include <vector>

#include "shared/market/bar.hpp"
#include "shared/strategy/expression.hpp"

namespace mendel::kernel {

class TickSums {
 public:
  explicit TickSums(const market::SeriesView& series);

  // False when there is no tick, or the sums would not be exact.
  bool exact() const { return !sums_[0].empty(); }
  // Entry i: the sum of the ticks before bar i.
  const std::vector<double>& of(strategy::Column column) const {
    return sums_[static_cast<std::size_t>(column)];
  }

 private:
  std::vector<double> sums_[4];
};

}  // namespace mendel::kernel
