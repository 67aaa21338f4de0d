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

TEST(FindPriceScale, IsTheLeastPowerOfTenThatMakesEveryPriceWhole) {
  EXPECT_EQ(find_price_scale(with_closes({8051, 12})), 1);
  EXPECT_EQ(find_price_scale(with_closes({8051, 8056.83, 0.1})), 100);
  EXPECT_EQ(find_price_scale(with_closes({1438.359985})), 1e6);
}

TEST(FindPriceScale, IsZeroWhereNoTickFits) {
  EXPECT_EQ(find_price_scale(with_closes({1.0 / 3.0})), 0);
  EXPECT_EQ(find_price_scale(with_closes({1e300})), 0);
  EXPECT_EQ(find_price_scale(with_closes({2e12})), 0);
}

TEST(FindPriceScale, ReadsEveryColumn) {
  Series series = with_closes({10});
  series.low[0] = 9.5;
  EXPECT_EQ(find_price_scale(series), 10);
}

}  // namespace
}  // namespace mendel::market
