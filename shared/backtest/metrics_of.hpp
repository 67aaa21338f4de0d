// The metrics of a curve. docs/metrics.md has every formula and every reason for "undefined".
// Threads: pure.
#pragma once

#include "shared/backtest/curve.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::backtest {

// Sums run in time order. What is undefined is decided by counts and exact comparisons.
market::Metrics metrics_of(const Curve& curve, double periods_per_year);

}  // namespace mendel::backtest
