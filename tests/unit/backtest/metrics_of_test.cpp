// Every metric by hand, and every reason for which one is undefined.
#include "shared/backtest/metrics_of.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "shared/base/time.hpp"

namespace mendel::backtest {
namespace {

using market::Metric;
using market::Metrics;
using market::Undefined;

// One bar a day.
Curve days(double start, std::vector<double> equity) {
  Curve curve;
  curve.starting_equity = start;
  for (std::size_t i = 0; i < equity.size(); ++i) {
    curve.time_ns.push_back(static_cast<std::int64_t>(i) * kNsPerDay);
  }
  curve.held.assign(equity.size(), 0);
  curve.equity = std::move(equity);
  return curve;
}

Trade trade(double profit, double equity_at_entry = 100) {
  Trade made;
  made.profit = profit;
  made.equity_at_entry = equity_at_entry;
  return made;
}

Undefined reason(const Metrics& metrics, Metric metric) {
  return metrics.reasons[static_cast<std::size_t>(metric)];
}

TEST(MetricsOf, RatiosOfDailyReturns) {
  // Returns +0.5, -0.5, 0: mean 0; then +0.5, -0.25: mean 0.125, deviation 0.375 * sqrt 2.
  const Metrics zero = metrics_of(days(100, {150, 75, 75}), 4);
  EXPECT_EQ(*zero.get(Metric::sharpe_ratio), 0);
  EXPECT_EQ(*zero.get(Metric::sortino_ratio), 0);
  const Metrics some = metrics_of(days(64, {96, 72}), 4);
  EXPECT_DOUBLE_EQ(*some.get(Metric::sharpe_ratio), 0.125 / (0.375 * std::sqrt(2.0)) * 2);
  EXPECT_DOUBLE_EQ(*some.get(Metric::sortino_ratio), 0.125 / std::sqrt(0.0625 / 2) * 2);
  EXPECT_DOUBLE_EQ(*some.get(Metric::skewness), 0);
  EXPECT_DOUBLE_EQ(*some.get(Metric::kurtosis), 1);
}

TEST(MetricsOf, GrowthOverCalendarDaysFromTheFirstTradableDayInclusive) {
  Curve curve = days(100, {100, 100, 200});
  EXPECT_DOUBLE_EQ(*metrics_of(curve, 365).get(Metric::total_return), 1);
  curve.time_ns = {0, kNsPerDay, 730 * kNsPerDay};
  curve.first_tradable = 1;  // 730 days
  EXPECT_NEAR(*metrics_of(curve, 365).get(Metric::cagr), std::sqrt(2.0) - 1, 1e-15);
}

TEST(MetricsOf, DrawdownFromTheStartingEquityOnAndUnrecoveredToTheEnd) {
  const Metrics metrics = metrics_of(days(100, {50, 60, 100, 200, 150, 190, 180}), 365);
  EXPECT_EQ(*metrics.get(Metric::max_drawdown), 0.5);
  EXPECT_EQ(*metrics.get(Metric::max_drawdown_bars), 3);  // 150, 190, 180
  EXPECT_EQ(*metrics.get(Metric::calmar_ratio), *metrics.get(Metric::cagr) / 0.5);
}

TEST(MetricsOf, TradeStatistics) {
  Curve curve = days(100, {100, 100});
  curve.trades = {trade(30), trade(-10), trade(0), trade(-5, 50)};
  const Metrics metrics = metrics_of(curve, 365);
  EXPECT_EQ(*metrics.get(Metric::trade_count), 4);
  EXPECT_EQ(*metrics.get(Metric::win_rate), 0.25);  // break-even is not a win
  EXPECT_EQ(*metrics.get(Metric::profit_factor), 2);
  EXPECT_DOUBLE_EQ(*metrics.get(Metric::average_trade), (0.3 - 0.1 + 0 - 0.1) / 4);
}

TEST(MetricsOf, ExposureAndTurnoverOverTradableBars) {
  Curve curve = days(100, {50, 100, 200, 300});
  curve.first_tradable = 1;
  curve.held = {1, 0, 1, 1};
  Trade bought = trade(1);
  bought.quantity = 2;
  bought.entry_price = 40;
  bought.exit_price = 60;
  curve.trades = {bought};
  const Metrics metrics = metrics_of(curve, 365);
  EXPECT_DOUBLE_EQ(*metrics.get(Metric::exposure), 2.0 / 3);
  EXPECT_DOUBLE_EQ(*metrics.get(Metric::turnover), 200 / 200.0 / (3 / 365.0));
}

TEST(MetricsOf, OneDayIsTooFew) {
  const Metrics metrics = metrics_of(days(100, {90}), 365);
  for (Metric metric :
       {Metric::sharpe_ratio, Metric::sortino_ratio, Metric::skewness, Metric::kurtosis}) {
    EXPECT_EQ(reason(metrics, metric), Undefined::too_few_days);
  }
}

TEST(MetricsOf, EqualReturnsHaveNoVariance) {
  // 2^n doubles exactly: every return is 1, and a computed deviation would be 0.
  const Metrics metrics = metrics_of(days(1, {2, 4, 8, 16}), 365);
  for (Metric metric : {Metric::sharpe_ratio, Metric::skewness, Metric::kurtosis}) {
    EXPECT_EQ(reason(metrics, metric), Undefined::no_variance);
    EXPECT_FALSE(metrics.get(metric));
  }
}

TEST(MetricsOf, NoLosingDayLeavesSortinoUndefined) {
  const Metrics metrics = metrics_of(days(100, {100, 110, 110}), 365);
  EXPECT_EQ(reason(metrics, Metric::sortino_ratio), Undefined::no_losing_day);
  EXPECT_TRUE(metrics.get(Metric::sharpe_ratio));
}

TEST(MetricsOf, NoDrawdownLeavesCalmarUndefined) {
  const Metrics metrics = metrics_of(days(100, {100, 110, 110}), 365);
  EXPECT_EQ(reason(metrics, Metric::calmar_ratio), Undefined::no_drawdown);
  EXPECT_EQ(*metrics.get(Metric::max_drawdown), 0);
}

TEST(MetricsOf, GrowthThatOverflowsAYearIsUndefinedAndNeverInfinite) {
  const Metrics metrics = metrics_of(days(100, {50, 100000}), 365);
  EXPECT_EQ(reason(metrics, Metric::cagr), Undefined::too_few_days);
  EXPECT_EQ(reason(metrics, Metric::calmar_ratio), Undefined::too_few_days);
  EXPECT_EQ(*metrics.get(Metric::total_return), 999);
}

TEST(MetricsOf, NoTradeLeavesTradeRatiosUndefined) {
  const Metrics metrics = metrics_of(days(100, {100, 100}), 365);
  for (Metric metric : {Metric::win_rate, Metric::profit_factor, Metric::average_trade}) {
    EXPECT_EQ(reason(metrics, metric), Undefined::no_trade);
  }
  EXPECT_EQ(*metrics.get(Metric::trade_count), 0);
  EXPECT_EQ(*metrics.get(Metric::exposure), 0);
  EXPECT_EQ(*metrics.get(Metric::turnover), 0);
}

TEST(MetricsOf, NoLosingTradeLeavesTheProfitFactorUndefined) {
  Curve curve = days(100, {100, 101});
  curve.trades = {trade(1), trade(0)};
  EXPECT_EQ(reason(metrics_of(curve, 365), Metric::profit_factor), Undefined::no_losing_trade);
}

TEST(MetricsOf, NoBarsLeaveEverythingUndefined) {
  const Metrics metrics = metrics_of(Curve{}, 365);
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    EXPECT_EQ(metrics.reasons[i], Undefined::no_bars);
  }
}

TEST(MetricsOf, ALostAccountHasFiniteMetrics) {
  const Metrics metrics = metrics_of(days(100, {100, 0, 0}), 365);
  EXPECT_EQ(*metrics.get(Metric::total_return), -1);
  EXPECT_EQ(*metrics.get(Metric::cagr), -1);
  EXPECT_EQ(*metrics.get(Metric::max_drawdown), 1);
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    if (metrics.reasons[i] == Undefined::no) {
      EXPECT_TRUE(std::isfinite(metrics.values[i]));
    }
  }
}

}  // namespace
}  // namespace mendel::backtest
