// Measures: the columns that levels and sizes read of one symbol, computed once for every period
// that a population uses (strategy/measures.hpp has their definitions). Threads: belong to one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "shared/market/bar.hpp"
#include "shared/strategy/measures.hpp"

namespace mendel::kernel {

class Measures {
 public:
  // The series must outlive the measures.
  Measures(const market::SeriesView& series, std::int64_t bar_length_ns)
      : series_(series), bar_length_ns_(bar_length_ns) {}

  // A value for every bar; valid until clear().
  const double* atr(std::int64_t period) {
    std::vector<double>& column = atr_[period];
    if (column.empty()) column = strategy::average_true_range(series_, period);
    return column.data();
  }
  const double* daily_volatility(std::int64_t days) {
    std::vector<double>& column = daily_volatility_[days];
    if (column.empty()) column = strategy::daily_volatility(series_, days, bar_length_ns_);
    return column.data();
  }

  std::size_t bytes() const {
    return (atr_.size() + daily_volatility_.size()) * series_.size() * sizeof(double);
  }
  void clear() {
    atr_.clear();
    daily_volatility_.clear();
  }

 private:
  const market::SeriesView& series_;
  std::int64_t bar_length_ns_;
  std::map<std::int64_t, std::vector<double>> atr_, daily_volatility_;
};

}  // namespace mendel::kernel
