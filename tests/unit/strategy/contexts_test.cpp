// Longer bars and other symbols: what at() and symbol() see, and when.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/strategy/expression.hpp"
#include "shared/strategy/resample.hpp"
#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;
constexpr std::int64_t kDayNs = 24 * kHourNs;

const std::string kHourly = with(with(kSample, "[\"A\"]", "[\"A\", \"BTC-USD\"]"),
                                 "timeframe = \"1d\"", "timeframe = \"1h\"");

// Bars that open at these hours; each closes at its place, from 1 on.
market::Series hourly(std::string symbol, const std::vector<std::int64_t>& hours) {
  market::Series series;
  series.symbol = std::move(symbol);
  double close = 0;
  for (const std::int64_t hour : hours) {
    ++close;
    series.push({hour * kHourNs, close, close + 0.5, close - 0.5, close, 1});
  }
  return series;
}

std::string bits(const std::string& condition, const std::vector<market::Series>& market) {
  const Experiment experiment = read(with(kHourly, "close > fast", condition));
  std::vector<market::SeriesView> views;
  for (const market::Series& series : market) views.push_back(series.view());
  std::string text;
  if (experiment.genes.empty()) return "(no experiment)";
  for (const std::uint8_t bit : run_signals(experiment, {5}, views, 0).entry_long) {
    text += bit ? '1' : '0';
  }
  return text;
}

std::int64_t look_back(const std::string& condition) {
  return read(with(kHourly, "close > fast", condition)).look_back;
}

std::string complaint(const std::string& condition) {
  return error_of(with(kHourly, "close > fast", condition));
}

TEST(Resample, JoinsBarsFromMidnight) {
  const market::Series bars = hourly("A", {22, 23, 24, 25, 26, 27, 28});
  const market::Series longer = resample(bars.view(), kHourNs, 4 * kHourNs);
  ASSERT_EQ(longer.time_ns, (std::vector<std::int64_t>{20 * kHourNs, 24 * kHourNs, 28 * kHourNs}));
  EXPECT_EQ(longer.bar(1), (market::Bar{24 * kHourNs, 3, 6.5, 2.5, 6, 4}));
}

TEST(Resample, WeeksBeginOnMonday) {
  // 1970-01-01 is a Thursday.
  const market::Series days = hourly("A", {0, 24, 48, 72, 96, 120});
  const market::Series weeks = resample(days.view(), kDayNs, 7 * kDayNs);
  EXPECT_EQ(weeks.time_ns, (std::vector<std::int64_t>{-3 * kDayNs, 4 * kDayNs}));
  EXPECT_EQ(weeks.close, (std::vector<double>{4, 6}));
}

TEST(Resample, ABarThatClosesLaterBelongsToTheNext) {
  market::Series bars = hourly("A", {0, 1});
  bars.time_ns = {kDayNs - kHourNs / 2, kDayNs + kHourNs / 2};
  EXPECT_EQ(resample(bars.view(), kHourNs, kDayNs).time_ns, std::vector<std::int64_t>{kDayNs});
}

TEST(At, ShowsTheLongerBarThatClosesTogetherWithThisOne) {
  const std::vector<market::Series> market = {hourly("A", {0, 1, 2, 3, 4, 5, 6, 7, 8}),
                                              hourly("BTC-USD", {0})};
  // Closes 4 and 8 at hours 3 and 7.
  EXPECT_EQ(bits("at('4h', close) == 4", market), "000111100");
  EXPECT_EQ(bits("at('4h', close) == 8", market), "000000011");
  EXPECT_EQ(bits("at(\\\"4h\\\", close) > 0", market), "000111111");
  EXPECT_EQ(bits("at('1h', close) == close", market), "111111111");
}

TEST(At, ClosesByTheClockWhenItsLastBarIsMissing) {
  const std::vector<market::Series> market = {hourly("A", {0, 1, 2, 4, 9}), hourly("BTC-USD", {0})};
  EXPECT_EQ(bits("at('4h', close) == 3", market), "00010");
  EXPECT_EQ(bits("at('4h', close) == 4", market), "00001");
}

TEST(At, ComputesConditionsAndWindowsOnLongerBars) {
  const std::vector<market::Series> market = {hourly("A", {0, 1, 2, 3, 4, 5, 6, 7}),
                                              hourly("BTC-USD", {0})};
  EXPECT_EQ(bits("at('2h', close > close[1])", market), "00011111");
  EXPECT_EQ(bits("at('2h', sma(close, 2)) == 3", market), "00011000");
  EXPECT_EQ(bits("at('2h', close)[1] == 2", market), "00110000");
}

TEST(At, MultipliesTheLookBack) {
  EXPECT_EQ(look_back("at('1h', close) > 1"), 0);
  EXPECT_EQ(look_back("at('4h', close) > 1"), 6);
  EXPECT_EQ(look_back("at('4h', sma(close, 10)) > 1"), 42);
  EXPECT_EQ(look_back("at('1d', ema(close, fast))[3] > 1"), 202 * 24 - 2 + 3);
}

// Weeks within days are made of these: of seven, not of 168 hours.
TEST(At, LooksBackThroughTheBarsAroundIt) {
  EXPECT_EQ(look_back("at('4h', at('4h', close)) > 1"), 6);
  EXPECT_EQ(look_back("at('1d', at('1w', sma(close, 20))) > 1"), ((19 + 2) * 7 - 2 + 2) * 24 - 2);
  EXPECT_EQ(look_back("at('1d', sma(at('1w', close), 5)[3] - close) > 1"),
            (2 * 7 - 2 + 4 + 3 + 2) * 24 - 2);
  EXPECT_EQ(look_back("at('4h', at('1d', at('1w', close[2]))) > 1"), ((4 * 7 - 2 + 2) * 6) * 4 - 2);
  const std::string in_days = "at('1d', ";
  std::string deep = "close";
  for (int i = 0; i < 15; ++i) deep = in_days + deep + ")";
  EXPECT_EQ(look_back(deep + " > 1"), 46);
  std::string long_ago = "close";
  for (int i = 0; i < 13; ++i) long_ago = "ema(" + long_ago + ", 100000)";
  EXPECT_THAT(complaint("at('1w', " + long_ago + ") > 1"),
              testing::HasSubstr("at('1w', …) looks back 2184000334 bars of 1h"));
}

TEST(At, RefusesTimeframesThatDoNotFit) {
  EXPECT_THAT(complaint("at('5h', close) > 1"),
              testing::HasSubstr("8:18: at(timeframe, x) cannot use '5h': it must divide a day"));
  EXPECT_THAT(complaint("at('90m', close) > 1"), testing::HasSubstr("bars of 1h do not fill it"));
  EXPECT_THAT(complaint("at('4x', close) > 1"), testing::HasSubstr("is no timeframe"));
  EXPECT_THAT(complaint("at(close, close) > 1"), testing::HasSubstr("must be a text in quotes"));
  EXPECT_THAT(complaint("at('4h', at('1h', close)) > 1"),
              testing::HasSubstr("at('1h', …) cannot be made of bars of 4h"));
}

TEST(Symbol, ShowsTheLastBarOfTheOtherOne) {
  const std::vector<market::Series> market = {hourly("A", {2, 3, 4, 5}),
                                              hourly("BTC-USD", {3, 5, 6})};
  EXPECT_EQ(bits("symbol('BTC-USD', close) == 1", market), "0110");
  EXPECT_EQ(bits("symbol('BTC-USD', close) == 2", market), "0001");
  EXPECT_EQ(bits("symbol('BTC-USD', close[1]) == 1", market), "0001");
  EXPECT_EQ(bits("symbol('A', close) == close", market), "1111");
}

TEST(Symbol, RefusesOneThatTheExperimentDoesNotRead) {
  EXPECT_THAT(complaint("symbol('BTC-USB', close) > 1"),
              testing::HasSubstr("8:22: 'BTC-USB' is no symbol of the experiment; did you mean "
                                 "'BTC-USD'?"));
}

TEST(Contexts, HaveOneCanonicalText) {
  const auto canonical = [](const std::string& condition) {
    return to_text(*read(with(kHourly, "close > fast", condition)).strategy.entry_long);
  };
  EXPECT_EQ(canonical("at(\\\"240m\\\",close)>symbol( 'BTC-USD' , obv() )"),
            "at('4h', close) > symbol('BTC-USD', obv)");
  EXPECT_EQ(canonical("at('1d', 5) < close"), "5 < close");
  EXPECT_EQ(canonical("ma('ema', close, 5) > ma('sma', close, 5)"),
            "ema(close, 5) > sma(close, 5)");
}

TEST(Ma, FollowsTheGeneThatChoosesIt) {
  const std::string genes = "[genes]\nkind = { choice = [\"sma\", \"ema\"] }";
  const Experiment e =
      read(with(with(kSample, "[genes]", genes), "close > fast", "ma(kind, close, fast) == 2.25"));
  const market::Series series = market_of({1, 3, 2.5});
  // Genes are sorted: fast, kind.
  EXPECT_EQ(e.look_back, 200);
  const Experiment f =
      read(with(with(kSample, "[genes]", genes), "close > fast", "ma(kind, close, 2) == 2.75"));
  EXPECT_EQ(run_signals(f, {5, 0}, series.view()).entry_long, (std::vector<std::uint8_t>{0, 0, 1}));
  EXPECT_EQ(run_signals(f, {5, 1}, series.view()).entry_long, (std::vector<std::uint8_t>{0, 0, 0}));
}

TEST(Ma, RefusesWhatIsNoAverage) {
  const std::string genes = "[genes]\nkind = { choice = [\"sma\", \"emma\"] }";
  EXPECT_THAT(
      error_of(with(with(kSample, "[genes]", genes), "close > fast", "ma(kind, close, fast) > 1")),
      testing::HasSubstr("'kind' of ma(kind, x, n) can be 'emma'; did you mean 'ema'?"));
  EXPECT_THAT(error_of(with_entry("ma('smi', close, 3) > 1")), testing::HasSubstr("can be 'smi'"));
  EXPECT_THAT(error_of(with_entry("ma(fast, close, 3) > 1")),
              testing::HasSubstr("'kind' of ma(kind, x, n) needs a text"));
}

}  // namespace
}  // namespace mendel::strategy
