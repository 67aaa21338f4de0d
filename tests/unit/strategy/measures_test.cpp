// The ATR of levels and the volatility of sizes, by hand.
#include "shared/strategy/measures.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "shared/base/time.hpp"

namespace mendel::strategy {
namespace {

market::Series closes(std::initializer_list<double> prices, std::int64_t bar_length_ns,
                      std::int64_t start_ns = 0) {
  market::Series series;
  for (double price : prices) {
    series.push({start_ns, price, price, price, price, 1});
    start_ns += bar_length_ns;
  }
  return series;
}

TEST(AverageTrueRange, IsWildersWithTheMeanAsItsSeed) {
  market::Series series;
  series.push({0, 10, 12, 9, 11, 1});
  series.push({1, 11, 15, 11, 14, 1});  // true range 4
  series.push({2, 16, 18, 16, 17, 1});  // 4: from the close before, 14
  series.push({3, 10, 11, 9, 10, 1});   // 8: from 17 down to 9
  const std::vector<double> atr = average_true_range(series.view(), 2);
  EXPECT_TRUE(std::isnan(atr[0]));
  EXPECT_TRUE(std::isnan(atr[1]));
  EXPECT_EQ(atr[2], 4);
  EXPECT_EQ(atr[3], 6);  // (4 * 1 + 8) / 2
  EXPECT_EQ(average_true_range(series.view(), 1)[3], 8);
  EXPECT_TRUE(std::isnan(average_true_range(series.view(), 9)[3]));
}

TEST(DailyVolatility, IsTheDeviationOfTheLastDailyReturns) {
  const market::Series series = closes({100, 150, 75, 150, 150}, kNsPerDay);
  const std::vector<double> column = daily_volatility(series.view(), 2, kNsPerDay);
  EXPECT_TRUE(std::isnan(column[1]));
  EXPECT_DOUBLE_EQ(column[2], std::sqrt(0.5));         // +0.5, -0.5
  EXPECT_DOUBLE_EQ(column[3], std::sqrt(2 * 0.5625));  // -0.5, +1
  EXPECT_DOUBLE_EQ(column[4], std::sqrt(0.5));         // +1, 0
}

TEST(DailyVolatility, ADayCountsFromTheCloseThatEndsIt) {
  // Two bars a day; the second closes at midnight.
  const market::Series series = closes({1, 100, 1, 150, 1, 75, 999}, kNsPerDay / 2);
  const std::vector<double> column = daily_volatility(series.view(), 2, kNsPerDay / 2);
  EXPECT_TRUE(std::isnan(column[4]));
  EXPECT_DOUBLE_EQ(column[5], std::sqrt(0.5));
  EXPECT_EQ(column[6], column[5]);  // the day that has begun is not in it
}

TEST(DailyVolatility, ADayWhoseSessionEndsEarlyCountsFromTheNextDaysFirstClose) {
  // One bar a day of an hour, at noon.
  const market::Series series = closes({100, 150, 75, 1}, kNsPerDay, kNsPerDay / 2);
  const std::vector<double> column = daily_volatility(series.view(), 2, kNsPerDay / 24);
  EXPECT_TRUE(std::isnan(column[2]));
  EXPECT_DOUBLE_EQ(column[3], std::sqrt(0.5));
}

TEST(DailyVolatility, WeeklyBarsAreDaysOfTheirOwn) {
  const market::Series series = closes({100, 150, 75}, 7 * kNsPerDay);
  EXPECT_DOUBLE_EQ(daily_volatility(series.view(), 2, 7 * kNsPerDay)[2], std::sqrt(0.5));
}

TEST(DailyVolatility, IsZeroWhenThePriceStandsStill) {
  const market::Series series = closes({5, 5, 5, 5}, kNsPerDay);
  EXPECT_EQ(daily_volatility(series.view(), 3, kNsPerDay)[3], 0);
}

}  // namespace
}  // namespace mendel::strategy
