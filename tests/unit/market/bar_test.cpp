#include "shared/market/bar.hpp"

#include <gtest/gtest.h>

namespace mendel::market {
namespace {

Series with_closes(const std::vector<double>& closes) {
  Series series;
  series.symbol = "X";
  std::int64_t time = 0;
  for (const double close : closes) series.push({time++, close, close, close, close, 1});
  return series;
}

TEST(Series, GivesBackTheBarsThatWerePushed) {
  Series series;
  const Bar bar{5, 1, 4, 0.5, 2, 9};
  series.push(bar);
  EXPECT_EQ(series.bar(0), bar);
  EXPECT_EQ(series.view().size(), 1u);
  EXPECT_EQ(series.view().close[0], 2);
}

double scale_of(Series series) {
  find_ticks(series);
  return series.price_scale;
}

TEST(FindTicks, IsTheLeastPowerOfTenThatMakesEveryPriceWhole) {
  EXPECT_EQ(scale_of(with_closes({8051, 12})), 1);
  EXPECT_EQ(scale_of(with_closes({8051, 8056.83, 0.1})), 100);
  EXPECT_EQ(scale_of(with_closes({1438.359985})), 1e6);
}

TEST(FindTicks, IsZeroWhereNoTickFits) {
  EXPECT_EQ(scale_of(with_closes({1.0 / 3.0})), 0);
  EXPECT_EQ(scale_of(with_closes({1e300})), 0);
  EXPECT_EQ(scale_of(with_closes({2e12})), 0);
}

TEST(FindTicks, ReadsEveryColumn) {
  Series series = with_closes({10});
  series.low[0] = 9.5;
  EXPECT_EQ(scale_of(series), 10);
}

TEST(FindTicks, CountsTheBarsBeforeOneWithoutATick) {
  Series series = with_closes({8051, 8056.83, 1.0 / 3.0, 12});
  find_ticks(series);
  EXPECT_EQ(series.price_scale, 100);
  EXPECT_EQ(series.tick_bars, 2u);
  EXPECT_TRUE(series.view().loses_ticks());
  EXPECT_FALSE(series.view().first(2).loses_ticks());
}

}  // namespace
}  // namespace mendel::market
