// Measures: the columns that levels and sizes read beside the signals. docs/metrics.md has both
// formulas. A value at a bar uses that bar and earlier ones only.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "shared/market/bar.hpp"

namespace mendel::strategy {

// The language's atr(period): NaN before bar `period`. Requires period >= 1.
std::vector<double> average_true_range(const market::SeriesView& series, std::int64_t period);
// Its look-back.
std::int64_t atr_bars_before(std::int64_t period);

// The standard deviation (ddof 1) of the last `days` daily returns, from one UTC day's last close
// to the next. A day counts from the close that ends it by the clock on; NaN before there are days
// + 1. Requires days >= 2 and a bar length above 0.
std::vector<double> daily_volatility(const market::SeriesView& series, std::int64_t days,
                                     std::int64_t bar_length_ns);

}  // namespace mendel::strategy
