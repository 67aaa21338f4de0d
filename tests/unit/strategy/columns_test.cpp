#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "shared/strategy/functions.hpp"
#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double> column(std::string_view function, const std::vector<double>& x,
                           std::int64_t period, double price_scale = 0) {
  const Numbers series[] = {{x, false, price_scale}};
  std::vector<double> out(x.size(), kNaN);
  find_function(function)->numbers({series, {period}}, out);
  return out;
}

void expect_same(const std::vector<double>& got, const std::vector<double>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(wanted[i])) {
      EXPECT_TRUE(std::isnan(got[i])) << "bar " << i << " is " << got[i];
    } else {
      EXPECT_EQ(got[i], wanted[i]) << "bar " << i;
    }
  }
}

TEST(Sma, AveragesTheLastValuesOfEachBar) {
  expect_same(column("sma", {1, 2, 3, 4, 6}, 3), {kNaN, kNaN, 2, 3, 13.0 / 3});
  expect_same(column("sma", {7, 9}, 1), {7, 9});
  expect_same(column("sma", {7, 9}, 3), {kNaN, kNaN});
}

TEST(Sma, IsUndefinedWhileTheWindowHoldsAnUndefinedValue) {
  expect_same(column("sma", {kNaN, 2, 4, kNaN, 6, 8}, 2), {kNaN, kNaN, 3, kNaN, kNaN, 7});
}

TEST(Sma, OfTicksDefinesTiesExactly) {
  // 0.1 + 0.2 + 0.3 in doubles is not 0.6; in ticks the mean is 2 ticks, in any order.
  const std::vector<double> up = {0.1, 0.2, 0.3};
  const std::vector<double> down = {0.3, 0.2, 0.1};
  EXPECT_NE(column("sma", up, 3)[2], column("sma", down, 3)[2]);
  expect_same(column("sma", up, 3, 10), {kNaN, kNaN, 0.2});
  expect_same(column("sma", down, 3, 10), {kNaN, kNaN, 0.2});
  EXPECT_EQ(entry_bits("close == sma(close, 3)", market_of({0.1, 0.3, 0.2}, 10)), "001");
}

TEST(Sma, OfTicksRollsWithoutDrift) {
  std::vector<double> prices;
  for (int i = 0; i < 500; ++i) prices.push_back((1000 + (i * 37) % 101) / 100.0);
  const std::vector<double> rolled = column("sma", prices, 7, 100);
  for (std::size_t i = 6; i < prices.size(); ++i) {
    std::int64_t ticks = 0;
    for (std::size_t j = i - 6; j <= i; ++j) ticks += std::llround(prices[j] * 100);
    EXPECT_EQ(rolled[i], static_cast<double>(ticks) / 700);
  }
}

TEST(Ema, StartsAsTheAverageOfTheFirstValues) {
  // Weight 2 / (3 + 1) = 0.5.
  expect_same(column("ema", {1, 2, 3, 6, 3.5}, 3), {kNaN, kNaN, 2, 4, 3.75});
  expect_same(column("ema", {1, 2, 3}, 1), {1, 2, 3});
}

TEST(Ema, StartsAtTheFirstDefinedValueAndHoldsOverUndefinedOnes) {
  expect_same(column("ema", {kNaN, 1, 2, 3, kNaN, 6}, 3), {kNaN, kNaN, kNaN, 2, kNaN, 4});
}

TEST(Ema, SeedIsTheSmaOfTicksBitForBit) {
  const std::vector<double> prices = {0.1, 0.2, 0.3, 0.4};
  EXPECT_EQ(column("ema", prices, 3, 10)[2], column("sma", prices, 3, 10)[2]);
}

TEST(Rsi, SmoothsGainsAndLossesAsWilderDid) {
  // Changes +1 -1 +2 -3: means over the first two are 0.5 and 0.5; then gain (0.5 + 2) / 2 = 1.25,
  // loss 0.25; then gain 0.625, loss (0.25 + 3) / 2 = 1.625.
  expect_same(column("rsi", {10, 11, 10, 12, 9}, 2),
              {kNaN, kNaN, 50, 100 * (1.25 / 1.5), 100 * (0.625 / 2.25)});
}

TEST(Rsi, IsZeroWithoutAnyChangeAndAHundredWithoutLosses) {
  expect_same(column("rsi", {5, 5, 5}, 2), {kNaN, kNaN, 0});
  expect_same(column("rsi", {5, 6, 7}, 2), {kNaN, kNaN, 100});
}

TEST(Rsi, HoldsOverUndefinedValues) {
  expect_same(column("rsi", {10, 11, kNaN, 10, 12}, 2), {kNaN, kNaN, kNaN, 50, 100 * (1.25 / 1.5)});
}

TEST(Extremes, AreOverTheLastValues) {
  expect_same(column("highest", {3, 1, 2, 5}, 3), {kNaN, kNaN, 3, 5});
  expect_same(column("lowest", {3, 1, 2, 5}, 3), {kNaN, kNaN, 1, 1});
  expect_same(column("highest", {3, kNaN, 2, 5}, 2), {kNaN, kNaN, kNaN, 5});
}

TEST(Crossover, IsTrueOnTheBarThatCrosses) {
  const market::Series series = market_of({1, 3, 4, 2, 2, 3});
  EXPECT_EQ(entry_bits("crossover(close, 2)", series), "010001");
  EXPECT_EQ(entry_bits("crossunder(close, 3)", series), "000100");
}

TEST(Crossover, CountsATieBeforeTheCross) {
  EXPECT_EQ(entry_bits("crossover(close, 2)", market_of({2, 2, 3})), "001");
  EXPECT_EQ(entry_bits("crossunder(close, 2)", market_of({2, 2, 1})), "001");
}

TEST(Index, ReadsEarlierBars) {
  EXPECT_EQ(entry_bits("close > close[1]", market_of({1, 2, 1, 3})), "0101");
  EXPECT_EQ(entry_bits("close[fast - 2] == 2", market_of({2, 9, 9, 9}), {4}), "0010");
  EXPECT_EQ(entry_bits("(close > 2)[1]", market_of({1, 3, 1, 1})), "0010");
}

TEST(Columns, FollowTheGenes) {
  const market::Series series = market_of({1, 2, 3, 4});
  EXPECT_EQ(entry_bits("sma(close, fast) > 1.4", series, {2}), "0111");
  EXPECT_EQ(entry_bits("sma(close, fast) > 1.4", series, {3}), "0011");
}

TEST(Columns, ScalarFunctionsWorkOnSeriesAndConstants) {
  const market::Series series = market_of({1, 2, 3, 4});
  EXPECT_EQ(entry_bits("min(close, 2) == close", series), "1100");
  EXPECT_EQ(entry_bits("max(close, 3) == close", series), "0011");
  EXPECT_EQ(entry_bits("abs(close - 3) == 1", series), "0101");
  EXPECT_EQ(entry_bits("close[max(0, abs(-1))] == 1", series), "0100");
}

}  // namespace
}  // namespace mendel::strategy
