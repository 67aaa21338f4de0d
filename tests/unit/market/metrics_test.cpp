#include "shared/market/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mendel::market {
namespace {

TEST(Metrics, AreFoundByTheirNames) {
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    EXPECT_EQ(metric_from(kMetricNames[i]), static_cast<Metric>(i));
  }
  EXPECT_EQ(metric_from("sharpe"), std::nullopt);
}

TEST(Metrics, AnUndefinedOneHasAReasonAndNoValue) {
  Metrics metrics;
  metrics.undefine(Metric::sharpe_ratio, Undefined::no_variance);
  EXPECT_EQ(metrics.get(Metric::sharpe_ratio), std::nullopt);
  EXPECT_TRUE(std::isnan(metrics.values[0]));
  EXPECT_EQ(undefined_reason(metrics.reasons[0]), "no_variance");
  metrics.set(Metric::sharpe_ratio, 1.5);
  EXPECT_EQ(metrics.get(Metric::sharpe_ratio), 1.5);
}

TEST(Metrics, ReasonsAndWindowsHaveNames) {
  EXPECT_EQ(undefined_reason(Undefined::no), "");
  EXPECT_EQ(undefined_reason(Undefined::no_losing_trade), "no_losing_trade");
  EXPECT_EQ(undefined_reason(Undefined::no_bars), "no_bars");
  EXPECT_EQ(window_name(Window::in_sample), "in_sample");
  EXPECT_EQ(window_name(Window::out_of_sample), "out_of_sample");
}

}  // namespace
}  // namespace mendel::market
