// Every function of the table by hand: its formula, its seed, its edges.
#include "shared/strategy/functions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "shared/base/elementary.hpp"
#include "shared/base/time.hpp"
#include "shared/market/bar.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

using Column = std::vector<double>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Column column(std::string_view name, const Column& x, Periods periods, double scale = 0,
              double number = 0) {
  const Numbers series[] = {{x, false, scale}};
  Column out(x.size(), kNaN);
  find_function(name)->numbers({series, periods, number}, out);
  return out;
}

struct Hlcv {
  double high, low, close, volume;
};

market::Series series_of(const std::vector<Hlcv>& bars, double scale = 0) {
  market::Series series;
  std::int64_t time = 0;
  for (const Hlcv& bar : bars) {
    series.push({time += 3600 * kNsPerSecond, bar.close, bar.high, bar.low, bar.close, bar.volume});
  }
  series.price_scale = scale;
  return series;
}

Column of_bars(std::string_view name, const market::Series& series, Periods periods = {}) {
  const market::SeriesView view = series.view();
  Column out(view.size(), kNaN);
  find_function(name)->numbers({.periods = periods, .bars = &view}, out);
  return out;
}

std::string truths(std::string_view name, const Column& x, Periods periods) {
  const Numbers series[] = {{x}};
  std::vector<Truth> out(x.size(), Truth::undefined);
  find_function(name)->truths({series, periods}, out);
  std::string text;
  for (const Truth truth : out) text += "01?"[static_cast<std::size_t>(truth)];
  return text;
}

void expect_same(const Column& got, const Column& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(wanted[i])) {
      EXPECT_TRUE(std::isnan(got[i])) << "bar " << i << " is " << got[i];
    } else {
      EXPECT_EQ(got[i], wanted[i]) << "bar " << i;
    }
  }
}

const std::vector<Hlcv> kFlat(6, {5, 5, 5, 10});

TEST(Quotient, IsRoundedOnce) {
  EXPECT_EQ(quotient(1, 3), 1.0 / 3);
  EXPECT_EQ(quotient(-7, 2), -3.5);
  EXPECT_EQ(quotient(0, 9), 0);
  const Wide large = static_cast<Wide>(1) << 100;
  EXPECT_EQ(quotient(large, 3), std::ldexp(1.0 / 3, 100));
  EXPECT_EQ(quotient(-large * 10, large * 30), -1.0 / 3);
  EXPECT_EQ(quotient(5, large), std::ldexp(5.0, -100));
  // 2^53 + 1 lies between two doubles: the even one; a little more: the next.
  const Wide between = (static_cast<Wide>(1) << 53) + 1;
  EXPECT_EQ(quotient(between, 1), 9007199254740992.0);
  EXPECT_EQ(quotient(between * 1000 + 1, 1000), 9007199254740994.0);
}

TEST(Prices, AreMeansOfTheBar) {
  market::Series series;
  series.push({0, 0.1, 0.4, 0.1, 0.3, 1});
  const auto one = [&](std::string_view name) { return of_bars(name, series)[0]; };
  EXPECT_EQ(one("hl2"), (0.4 + 0.1) / 2);
  EXPECT_EQ(one("hlc3"), (0.4 + 0.1 + 0.3) / 3);
  EXPECT_EQ(one("ohlc4"), (0.1 + 0.4 + 0.1 + 0.3) / 4);
  series.price_scale = 10;
  EXPECT_EQ(one("hl2"), 0.25);
  EXPECT_EQ(one("hlc3"), 8.0 / 30);
  EXPECT_EQ(one("ohlc4"), 9.0 / 40);
}

TEST(Time, IsThatOfTheOpenInUtc) {
  market::Series series;
  series.push({parse_time("2024-02-26T23:59:59Z").value(), 1, 1, 1, 1, 1});  // a Monday
  series.push({parse_time("2024-03-03T00:00:00Z").value(), 1, 1, 1, 1, 1});  // a Sunday
  series.push({parse_time("1969-12-31T13:00:00Z").value(), 1, 1, 1, 1, 1});  // a Wednesday
  expect_same(of_bars("hour", series), {23, 0, 13});
  expect_same(of_bars("dayofweek", series), {0, 6, 2});
}

TEST(Wma, WeighsTheNewestMost) {
  expect_same(column("wma", {1, 2, 6, 3}, {3}), {kNaN, kNaN, 23.0 / 6, 23.0 / 6});
  expect_same(column("wma", {0.1, 0.2, 0.6, 0.3}, {3}, 10), {kNaN, kNaN, 23.0 / 60, 23.0 / 60});
  expect_same(column("wma", {1, kNaN, 3, 5}, {2}), {kNaN, kNaN, kNaN, 13.0 / 3});
}

TEST(Rma, SmoothsAsWilderDid) {
  expect_same(column("rma", {1, 3, 5, kNaN, 1}, {2}), {kNaN, 2, 3.5, kNaN, 2.25});
  expect_same(column("rma", {4, 5}, {1}), {4, 5});
}

TEST(Hma, IsTheAverageOfHull) {
  // n = 4: wma of 2 and 4, then of 2.
  const Column x = {1, 2, 4, 8, 16};
  const Column raw = {2 * (20.0 / 3) - 49.0 / 10, 2 * (40.0 / 3) - 98.0 / 10};
  expect_same(column("hma", x, {4}), {kNaN, kNaN, kNaN, kNaN, (raw[0] * 1 + raw[1] * 2) / 3});
  expect_same(column("hma", x, {1}), x);
}

TEST(Roc, IsInPercent) {
  expect_same(column("roc", {2, 0, 3, 1}, {2}), {kNaN, kNaN, 50, kNaN});
  expect_same(column("roc", {0.1, 0.3}, {1}, 10), {kNaN, 100 * (0.2 / 0.1)});
}

TEST(Momentum, OfTicksIsExact) {
  expect_same(column("momentum", {0.1, 0.3}, {1}), {kNaN, 0.3 - 0.1});
  expect_same(column("momentum", {0.1, 0.3}, {1}, 10), {kNaN, 0.2});
}

TEST(Macd, IsTheDistanceOfTwoAveragesEachWithItsOwnSeed) {
  // ema 1 is x itself; ema 3 is 2, 4, 5; their distance 1, 2, 1; the signal of 2 starts as 1.5.
  const Column x = {1, 2, 3, 6, 6};
  expect_same(column("macd", x, {1, 3}), {kNaN, kNaN, 1, 2, 1});
  const double signal = 1.5 + (1 - 1.5) * (2.0 / 3);
  expect_same(column("macd_signal", x, {1, 3, 2}), {kNaN, kNaN, kNaN, 1.5, signal});
  expect_same(column("macd_hist", x, {1, 3, 2}), {kNaN, kNaN, kNaN, 0.5, 1 - signal});
}

TEST(Stochastic, IsThePlaceInTheRange) {
  const market::Series series =
      series_of({{10, 6, 8, 1}, {12, 8, 9, 1}, {11, 7, 10, 1}, {14, 9, 13, 1}});
  expect_same(of_bars("stochastic_k", series, {2}), {kNaN, 50, 100 * (3.0 / 5), 100 * (6.0 / 7)});
  expect_same(of_bars("stochastic_d", series, {2, 2}),
              {kNaN, kNaN, (50 + 60) / 2.0, (60 + 100 * (6.0 / 7)) / 2});
  expect_same(of_bars("williams_r", series, {2}), {kNaN, -50, -100 * (2.0 / 5), -100 * (1.0 / 7)});
}

TEST(Oscillators, AreZeroWithoutARange) {
  for (const double scale : {0.0, 1.0}) {
    const market::Series flat = series_of(kFlat, scale);
    EXPECT_EQ(of_bars("stochastic_k", flat, {3})[5], 0);
    EXPECT_EQ(of_bars("stochastic_d", flat, {3, 2})[5], 0);
    EXPECT_EQ(of_bars("williams_r", flat, {3})[5], 0);
    EXPECT_EQ(of_bars("cci", flat, {3})[5], 0);
    EXPECT_EQ(of_bars("mfi", flat, {3})[5], 0);
    EXPECT_EQ(of_bars("adx", flat, {2})[5], 0);
    EXPECT_EQ(of_bars("plus_di", flat, {2})[5], 0);
    EXPECT_EQ(of_bars("minus_di", flat, {2})[5], 0);
    EXPECT_EQ(of_bars("atr", flat, {2})[5], 0);
  }
}

TEST(Cci, IsTheDistanceInMeanDeviations) {
  // hlc3 is 2, 4, 9: mean 5, mean deviation (3 + 1 + 4) / 3.
  const std::vector<Hlcv> bars = {{2, 2, 2, 1}, {4, 4, 4, 1}, {9, 9, 9, 1}};
  const double wanted = 4 / (0.015 * (8.0 / 3));
  expect_same(of_bars("cci", series_of(bars), {3}), {kNaN, kNaN, wanted});
  expect_same(of_bars("cci", series_of(bars, 1), {3}), {kNaN, kNaN, wanted});
}

TEST(Cci, OfUnevenFlatPricesIsZeroWithoutATick) {
  const market::Series flat = series_of(std::vector<Hlcv>(9, {0.1, 0.1, 0.1, 1}));
  EXPECT_EQ(of_bars("cci", flat, {7})[8], 0);
}

TEST(Channels, AreExtremesOfHighAndLow) {
  const market::Series series = series_of({{10, 6, 8, 1}, {12, 8, 9, 1}, {11, 7, 10, 1}});
  expect_same(of_bars("donchian_upper", series, {2}), {kNaN, 12, 12});
  expect_same(of_bars("donchian_lower", series, {2}), {kNaN, 6, 7});
}

TEST(TrueRange, HoldsTheStepFromTheLastClose) {
  const std::vector<Hlcv> bars = {{10, 6, 8, 1}, {9, 8, 9, 1}, {14, 12, 13, 1}, {8, 7, 7, 1}};
  expect_same(of_bars("true_range", series_of(bars)), {kNaN, 1, 5, 6});
  expect_same(of_bars("atr", series_of(bars), {2}), {kNaN, kNaN, 3, 4.5});
  const std::vector<Hlcv> tenths = {{0.1, 0.1, 0.1, 1}, {0.3, 0.1, 0.3, 1}};
  EXPECT_EQ(of_bars("true_range", series_of(tenths, 10))[1], 0.2);
}

TEST(Direction, IsSmoothedAsTaLibDoes) {
  // Moves up 2, 1, 0 and down 0, 0, 3; ranges 3, 2, 4. With n = 2 one bar seeds each sum.
  const market::Series series =
      series_of({{10, 8, 9, 1}, {12, 9, 11, 1}, {13, 11, 12, 1}, {12, 8, 9, 1}});
  // Sums: up 2, then 2 - 1 + 1 = 2, then 2 - 1 + 0 = 1; down 0, 0, 3; range 3, 3.5, 5.75.
  expect_same(of_bars("plus_di", series, {2}), {kNaN, kNaN, 100 * (2 / 3.5), 100 * (1 / 5.75)});
  expect_same(of_bars("minus_di", series, {2}), {kNaN, kNaN, 0, 100 * (3 / 5.75)});
  const double up = 100 * (1 / 5.75);
  const double down = 100 * (3 / 5.75);
  const double index = 100 * (std::fabs(up - down) / (up + down));
  expect_same(of_bars("adx", series, {2}), {kNaN, kNaN, kNaN, (100 + index) / 2});
}

TEST(Adx, HoldsOverABarWithoutDirection) {
  // n = 1: nothing is smoothed; the last bar has neither range nor direction.
  const market::Series series = series_of({{10, 8, 9, 1}, {12, 9, 11, 1}, {11, 11, 11, 1}});
  EXPECT_EQ(of_bars("plus_di", series, {1})[1], 100 * (2.0 / 3));
  EXPECT_EQ(of_bars("adx", series, {1})[1], 100);
  const market::Series still = series_of({{10, 8, 9, 1}, {12, 9, 11, 1}, {12, 9, 11, 1}});
  expect_same(of_bars("adx", still, {1}), {kNaN, 100, 100});
}

TEST(Obv, AddsVolumeWithTheDirectionOfTheClose) {
  expect_same(of_bars("obv", series_of({{1, 1, 1, 10}, {2, 2, 2, 5}, {2, 2, 2, 7}, {1, 1, 1, 4}})),
              {10, 15, 15, 11});
}

TEST(Vwap, WeighsTypicalPricesByVolume) {
  expect_same(
      of_bars("vwap", series_of({{1, 1, 1, 0}, {2, 2, 2, 0}, {3, 3, 3, 1}, {5, 5, 5, 3}}), {2}),
      {kNaN, kNaN, 3, 4.5});
}

TEST(Mfi, ComparesMoneyInAndAway) {
  expect_same(
      of_bars("mfi", series_of({{1, 1, 1, 9}, {2, 2, 2, 3}, {1, 1, 1, 2}, {1, 1, 1, 8}}), {2}),
      {kNaN, kNaN, 100 * (6.0 / 8), 0});
}

TEST(Deviation, IsOfTheValuesThemselves) {
  const Column x = {2, 4, 9};
  const double variance = (9.0 + 1 + 16) / 3;
  expect_same(column("variance", x, {3}), {kNaN, kNaN, variance});
  expect_same(column("variance", x, {3}, 1), {kNaN, kNaN, variance});
  expect_same(column("stdev", x, {3}), {kNaN, kNaN, std::sqrt(variance)});
  expect_same(column("zscore", x, {3}, 1), {kNaN, kNaN, 4 / std::sqrt(variance)});
  expect_same(column("bollinger_upper", x, {3}, 1, 2), {kNaN, kNaN, 5 + 2 * std::sqrt(variance)});
  expect_same(column("bollinger_middle", x, {3}, 1), {kNaN, kNaN, 5});
  expect_same(column("bollinger_lower", x, {3}, 1, 2), {kNaN, kNaN, 5 - 2 * std::sqrt(variance)});
}

TEST(Deviation, OfEqualValuesIsExactlyZero) {
  const Column x(20, 0.1);
  for (const double scale : {0.0, 10.0}) {
    EXPECT_EQ(column("variance", x, {7}, scale)[19], 0);
    EXPECT_EQ(column("zscore", x, {7}, scale)[19], 0);
    EXPECT_EQ(column("linreg_slope", x, {7}, scale)[19], 0);
  }
  EXPECT_EQ(column("stdev", {3, 8}, {1})[1], 0);
}

TEST(Deviation, DoesNotDependOnTheSizeOfTheTick) {
  Column x;
  for (int i = 0; i < 300; ++i) x.push_back((4'000'000 + (i * i * 7919) % 900'001) / 100.0);
  for (const char* name : {"variance", "zscore", "wma", "linreg_slope", "sma"}) {
    expect_same(column(name, x, {200}, 1e6), column(name, x, {200}, 100));
  }
}

TEST(LinregSlope, IsThatOfTheLeastSquaresLine) {
  // Weights -2, 0, 2 over 4.
  expect_same(column("linreg_slope", {1, 5, 2}, {3}), {kNaN, kNaN, 0.5});
  expect_same(column("linreg_slope", {0.1, 0.5, 0.2}, {3}, 10), {kNaN, kNaN, 0.05});
  expect_same(column("linreg_slope", {1, 4}, {2}), {kNaN, 3});
}

Column correlation(const Column& a, const Column& b, std::int64_t n, double scale) {
  const Numbers series[] = {{a, false, scale}, {b, false, scale}};
  Column out(a.size(), kNaN);
  find_function("correlation")->numbers({series, {n}}, out);
  return out;
}

TEST(Correlation, IsPearsons) {
  for (const double scale : {0.0, 1.0}) {
    expect_same(correlation({1, 2, 3}, {2, 4, 6}, 3, scale), {kNaN, kNaN, 1});
    expect_same(correlation({1, 2, 3}, {5, 5, 5}, 3, scale), {kNaN, kNaN, 0});
    EXPECT_NEAR(correlation({1, 2, 3}, {2, 1, 4}, 3, scale)[2], 2 / std::sqrt(2 * 42.0 / 9), 1e-15);
  }
  expect_same(correlation({1, 1, 1}, {2, kNaN, 4}, 2, 0), {kNaN, kNaN, kNaN});
}

TEST(Rising, AsksForEachOfTheLastChanges) {
  EXPECT_EQ(truths("rising", {1, 2, 3, 3, 4, 5}, {2}), "??1001");
  EXPECT_EQ(truths("falling", {3, 2, 1, 1, 0, 4}, {2}), "??1000");
  EXPECT_EQ(truths("rising", {1, kNaN, 3, 2}, {1}), "???0");
}

Column with_condition(std::string_view name, const std::vector<Truth>& c, const Column& x) {
  const Numbers series[] = {{x}};
  const Truths conditions[] = {{c}};
  Column out(c.size(), kNaN);
  find_function(name)->numbers({.series = series, .conditions = conditions}, out);
  return out;
}

TEST(Events, RememberTheLastBarThatWasTrue) {
  const auto u = Truth::undefined;
  const std::vector<Truth> c = {Truth::no, Truth::yes, Truth::no, u, Truth::yes};
  expect_same(with_condition("barssince", c, {}), {kNaN, 0, 1, 2, 0});
  expect_same(with_condition("valuewhen", c, {1, 2, 3, 4, kNaN}), {kNaN, 2, 2, 2, kNaN});
}

TEST(Arithmetic, LogAndRootAreUndefinedOutsideTheirDomain) {
  const auto log = find_function("log")->scalar;
  const auto root = find_function("sqrt")->scalar;
  EXPECT_EQ(log(2, 2), log_exact(2));
  EXPECT_TRUE(std::isnan(log(0, 0)));
  EXPECT_TRUE(std::isnan(log(-1, -1)));
  EXPECT_EQ(root(9, 9), 3);
  EXPECT_EQ(root(0, 0), 0);
  EXPECT_TRUE(std::isnan(root(-1, -1)));
}

TEST(Functions, HaveOneNameEachAndTellEverything) {
  std::set<std::string_view> names;
  for (const Function& row : functions()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.sentence.empty() || row.formula.empty() || row.source.empty() ||
                 row.look_back.empty() || row.family.empty())
        << row.name;
    const bool own = row.form == Function::Form::column;
    EXPECT_EQ(own, row.numbers != nullptr || row.truths != nullptr) << row.name;
    EXPECT_EQ(row.form == Function::Form::scalar, row.scalar && row.interval) << row.name;
  }
  EXPECT_EQ(names.size(), functions().size());
}

TEST(Functions, LookBacksNeverShrinkWithAPeriod) {
  for (const Function& row : functions()) {
    for (std::int64_t n = 1; n < 200; ++n) {
      EXPECT_LE(row.bars_before({n, 7, 3}), row.bars_before({n + 1, 7, 3})) << row.name;
      EXPECT_LE(row.bars_before({7, n, 3}), row.bars_before({7, n + 1, 3})) << row.name;
    }
  }
}

}  // namespace
}  // namespace mendel::strategy
