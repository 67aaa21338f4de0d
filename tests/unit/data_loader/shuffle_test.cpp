// A null: the same days in another order.
#include "stages/data_loader/shuffle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "shared/base/rng.hpp"
#include "shared/base/time.hpp"

namespace mendel::data_loader {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kWarmUp = 30;
constexpr std::int64_t kDays = 400;

// A random walk of a bar every `step_ns` from day 0 on; the volume of a bar is its number.
market::Series walk(const std::string& symbol, std::int64_t days, double tick = 0,
                    std::int64_t step_ns = kNsPerDay) {
  Draws draws(5, 0, 0, 0, Purpose::sample);
  market::Series series;
  series.symbol = symbol;
  const auto rounded = [&](double price) {
    return tick == 0 ? price : std::floor(price / tick + 0.5) / std::floor(1 / tick + 0.5);
  };
  double close = 100;
  for (std::int64_t time_ns = 0; time_ns < days * kNsPerDay; time_ns += step_ns) {
    const double open = close * (1 + 0.01 * (draws.unit() - 0.5));
    close = open * (1 + 0.04 * (draws.unit() - 0.49));
    const double high = std::max(open, close) * (1 + 0.01 * draws.unit());
    const double low = std::min(open, close) * (1 - 0.01 * draws.unit());
    series.push({time_ns, rounded(open), rounded(high), rounded(low), rounded(close),
                 static_cast<double>(series.time_ns.size())});
  }
  market::find_ticks(series);
  return series;
}

Shuffle null(std::uint32_t number) { return {11, number, kWarmUp * kNsPerDay, kDays * kNsPerDay}; }

market::Series shuffled(market::Series series, const Shuffle& shuffle) {
  std::vector<market::Series> all = {std::move(series)};
  const Status status = shuffle_days(all, shuffle);
  EXPECT_TRUE(status) << (status ? "" : status.error().message);
  return all[0];
}

// Open, high, low and close against the close before, sorted.
std::vector<std::array<double, 4>> moves_of(const market::Series& series) {
  std::vector<std::array<double, 4>> moves;
  for (std::size_t i = kWarmUp; i < series.time_ns.size(); ++i) {
    const double before = series.close[i - 1];
    moves.push_back({series.open[i] / before, series.high[i] / before, series.low[i] / before,
                     series.close[i] / before});
  }
  std::sort(moves.begin(), moves.end());
  return moves;
}

TEST(Shuffle, KeepsEveryBarsMovesAndThePriceAtTheEnd) {
  const market::Series before = walk("X", kDays);
  const market::Series after = shuffled(before, null(1));
  EXPECT_NE(after.close, before.close);
  const auto expected = moves_of(before);
  const auto actual = moves_of(after);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    for (std::size_t price = 0; price < 4; ++price)
      EXPECT_NEAR(actual[i][price], expected[i][price], 1e-12);
  EXPECT_NEAR(after.close.back() / before.close.back(), 1, 1e-9);
  EXPECT_EQ(after.time_ns, before.time_ns);
}

TEST(Shuffle, KeepsTheDaysOfABlockTogether) {
  const market::Series after = shuffled(walk("X", kDays), null(1));
  std::vector<double> blocks;
  for (std::size_t i = kWarmUp; i < after.volume.size(); ++i) {
    const auto day = static_cast<std::int64_t>(after.volume[i]) - kWarmUp;
    if (day % static_cast<std::int64_t>(kShuffleDays) == 0)
      blocks.push_back(after.volume[i]);
    else
      EXPECT_EQ(after.volume[i], after.volume[i - 1] + 1);
  }
  EXPECT_EQ(blocks.size(), 19u);  // 370 days
  EXPECT_FALSE(std::is_sorted(blocks.begin(), blocks.end()));
}

TEST(Shuffle, LeavesTheWarmUpAsItWas) {
  const market::Series before = walk("X", kDays);
  const market::Series after = shuffled(before, null(1));
  for (std::size_t i = 0; i < kWarmUp; ++i) EXPECT_EQ(after.bar(i), before.bar(i));
}

TEST(Shuffle, BarsStayBarsAndPricesStayOnTheirTicks) {
  for (const double tick : {0.0, 0.01, 0.5}) {
    const market::Series before = walk("X", kDays, tick);
    const market::Series after = shuffled(before, null(2));
    EXPECT_LE(after.price_scale, before.price_scale);
    EXPECT_EQ(after.price_scale == 0, tick == 0);
    for (std::size_t i = 0; i < after.time_ns.size(); ++i) {
      EXPECT_GE(after.low[i], tick);
      EXPECT_LE(after.low[i], std::min(after.open[i], after.close[i]));
      EXPECT_GE(after.high[i], std::max(after.open[i], after.close[i]));
    }
  }
}

TEST(Shuffle, IsOfTheHistoryAndTheNumberAlone) {
  const market::Series before = walk("X", kDays);
  const market::Series first = shuffled(before, null(1));
  EXPECT_EQ(first.close, shuffled(before, null(1)).close);
  EXPECT_NE(first.close, shuffled(before, null(2)).close);
  Shuffle other = null(1);
  ++other.seed;
  EXPECT_NE(first.close, shuffled(before, other).close);
}

TEST(Shuffle, SymbolsKeepTheirDaysTogether) {
  market::Series late;  // without the first hundred days, and every seventh
  const market::Series whole = walk("X", kDays);
  late.symbol = "Y";
  for (std::size_t i = 100; i < whole.time_ns.size(); ++i)
    if (i % 7 != 0) late.push(whole.bar(i));
  std::vector<market::Series> both = {whole, late};
  ASSERT_TRUE(shuffle_days(both, null(1)));
  EXPECT_EQ(both[1].time_ns.size(), late.time_ns.size());
  EXPECT_TRUE(std::is_sorted(both[1].time_ns.begin(), both[1].time_ns.end()));
  std::size_t at = 0;
  for (std::size_t i = 0; i < both[1].time_ns.size(); ++i) {
    while (both[0].time_ns[at] < both[1].time_ns[i]) ++at;
    EXPECT_EQ(both[0].time_ns[at], both[1].time_ns[i]);
    EXPECT_EQ(both[0].volume[at], both[1].volume[i]);
  }
}

TEST(Shuffle, BarsWithinADayKeepTheirTimesAndTheirOrder) {
  constexpr std::int64_t kBars = 6;
  const market::Series before = walk("X", kDays, 0, kNsPerDay / kBars);
  // From the middle of a day to the middle of a day: those two stay.
  Shuffle shuffle = null(1);
  shuffle.from_ns += kNsPerDay / 2;
  shuffle.to_ns -= kNsPerDay / 2;
  const market::Series after = shuffled(before, shuffle);
  ASSERT_EQ(after.time_ns, before.time_ns);
  for (std::size_t i = 0; i < after.time_ns.size(); ++i) {
    const auto was = static_cast<std::size_t>(after.volume[i]);
    EXPECT_EQ(was % kBars, i % kBars);
    const bool inside = i >= (kWarmUp + 1) * kBars && i < (kDays - 1) * kBars;
    if (!inside) {
      EXPECT_EQ(was, i);
    }
    if (i % kBars != 0) {
      EXPECT_EQ(after.volume[i], after.volume[i - 1] + 1);
    }
  }
  EXPECT_NEAR(after.close.back() / before.close.back(), 1, 1e-9);
}

TEST(Shuffle, RefusesTooFewDaysAndPricesWithoutMoves) {
  std::vector<market::Series> few = {walk("X", 99)};
  const Status days = shuffle_days(few, {1, 1, 0, 99 * kNsPerDay});
  ASSERT_FALSE(days);
  EXPECT_THAT(days.error().message, HasSubstr("99 days are too few"));
  std::vector<market::Series> free = {walk("X", kDays)};
  free[0].low[200] = 0;
  EXPECT_FALSE(shuffle_days(free, null(1)));
}

}  // namespace
}  // namespace mendel::data_loader
