// The golden values of docs/metrics.md, to 1e-9.
#include "tests/support/golden.hpp"

#include <gtest/gtest.h>

#include "shared/backtest/metrics_of.hpp"
#include "shared/base/time.hpp"

namespace mendel::backtest {
namespace {

using market::Metric;

Curve golden_curve() {
  Curve curve;
  curve.starting_equity = 10000;
  double equity = curve.starting_equity;
  std::int64_t day = days_from_date({2023, 1, 1});
  Trade trade;
  for (double r : golden::returns(42, 195, 400)) {
    if (curve.equity.size() % 20 == 0) trade.equity_at_entry = equity;
    equity *= 1 + r;
    curve.time_ns.push_back(++day * kNsPerDay);
    curve.equity.push_back(equity);
    curve.held.push_back(1);
    if (curve.equity.size() % 20 != 0) continue;
    trade.profit = equity - trade.equity_at_entry;
    curve.trades.push_back(trade);
  }
  return curve;
}

TEST(Golden, Metrics) {
  const Curve curve = golden_curve();
  EXPECT_NEAR(curve.equity.back(), 11182.97918, 1e-5);
  const market::Metrics metrics = metrics_of(curve, 365);
  EXPECT_NEAR(*metrics.get(Metric::sharpe_ratio), 0.5726122651, 1e-9);
  EXPECT_NEAR(*metrics.get(Metric::sortino_ratio), 0.8339792505, 1e-9);
  EXPECT_NEAR(*metrics.get(Metric::calmar_ratio), 0.7298758186, 1e-9);
  EXPECT_NEAR(*metrics.get(Metric::max_drawdown), 0.1471630427, 1e-9);
  EXPECT_NEAR(*metrics.get(Metric::cagr), 0.1074107463, 1e-9);
  EXPECT_NEAR(*metrics.get(Metric::profit_factor), 1.461874183, 1e-9);
  EXPECT_EQ(*metrics.get(Metric::win_rate), 0.6);
  EXPECT_EQ(*metrics.get(Metric::trade_count), 20);
}

}  // namespace
}  // namespace mendel::backtest
