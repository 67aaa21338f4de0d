// The engine end to end: an experiment's text, a handful of bars, exact results.
#include "shared/backtest/engine.hpp"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/backtest/market_of.hpp"

namespace mendel::backtest {
namespace {

using market::Metric;
using market::Window;

constexpr std::uint8_t kIn = 1 << static_cast<int>(Window::in_sample);
constexpr std::uint8_t kOut = 1 << static_cast<int>(Window::out_of_sample);

// Long while the close is above `level`; daily bars of January 2023.
std::string threshold_experiment(const std::string& more = "") {
  return R"toml(
[data]
source = "test"
symbols = ["X"]
timeframe = "1d"
in_sample = [2023-01-01, 2023-01-06]
out_of_sample = [2023-01-06, 2023-01-10]
periods_per_year = 365
[account]
equity = 1000
[strategy]
direction = "long"
entry_long = "close > level"
exit_long = "close <= level"
constraints = ["level < 90"]
[genes]
level = { int = [1, 100] }
[search]
population = 4
generations = 1
objectives = ["sharpe_ratio max"]
)toml" + more;
}

strategy::Experiment read(const std::string& text, const strategy::Overrides& overrides = {}) {
  Result<strategy::Experiment> experiment = strategy::read_experiment(text, "test.toml", overrides);
  if (!experiment) ADD_FAILURE() << experiment.error().message;
  return *experiment;
}

class EngineTest : public testing::Test {
 protected:
  Engine engine(const std::string& more = "", const strategy::Overrides& overrides = {}) {
    Result<Engine> made =
        Engine::prepare(read(threshold_experiment(more), overrides), {series_.view()});
    if (!made) ADD_FAILURE() << made.error().message;
    return std::move(*made);
  }

  // In sample 10 20 20 10 10, out of sample 10 20 40 40.
  market::Series series_ = market_of("X", {10, 20, 20, 10, 10, 10, 20, 40, 40});
};

// Whole ticks make ties; a price that has none ends them from its bar on, not before.
TEST_F(EngineTest, ALaterPriceWithoutATickChangesNothingBeforeIt) {
  const std::string text = R"toml(
[data]
source = "test"
symbols = ["X"]
timeframe = "1d"
in_sample = [2023-01-10, 2023-03-01]
out_of_sample = [2023-03-01, 2023-03-10]
periods_per_year = 365
[strategy]
entry_long = "sma(close, n) > close"
exit_long = "sma(close, n) <= close"
[genes]
n = { int = [2, 7] }
[search]
population = 4
generations = 1
objectives = ["sharpe_ratio max"]
)toml";
  std::vector<double> prices;
  for (int day = 0; day < 68; ++day) prices.push_back((13 + day * 53 % 101 % 3) / 10.0);
  const auto values = [&](double last, bool has_ticks) {
    prices.back() = last;
    market::Series series = market_of("X", prices);
    if (!has_ticks) series.price_scale = 0;
    const auto made = Engine::prepare(read(text), {series.view()});
    EXPECT_TRUE(made) << made.error().message;
    const market::Metrics metrics = made->evaluate({6}, kIn, false).windows[0].rows[0].metrics;
    return fmt::format("{}", fmt::join(metrics.values, " "));
  };
  EXPECT_EQ(values(1.4, true), values(1.400000027160494, true));
  EXPECT_NE(values(1.4, true), values(1.4, false));
}

TEST_F(EngineTest, TradesAWindowByTheRules) {
  // In sample: above 15 on the close of day 2, bought on day 3 at 20; below on day 4, sold on day 5
  // at 10: half of the money is lost.
  const Outcome outcome = engine().evaluate({15}, kIn, true);
  ASSERT_EQ(outcome.invalid, "");
  ASSERT_EQ(outcome.windows.size(), 1u);
  const WindowOutcome& window = outcome.windows[0];
  EXPECT_EQ(window.window, Window::in_sample);
  EXPECT_EQ(window.days, 5);
  ASSERT_EQ(window.trades.size(), 1u);
  EXPECT_EQ(window.trades[0].profit, -500);
  ASSERT_EQ(window.rows.size(), 2u);
  EXPECT_EQ(window.rows[0].symbol, "portfolio");
  EXPECT_EQ(window.rows[1].symbol, "X");
  EXPECT_EQ(*window.rows[0].metrics.get(Metric::total_return), -0.5);
  EXPECT_EQ(window.rows[0].metrics.values[0], window.rows[1].metrics.values[0]);
}

TEST_F(EngineTest, AWindowStartsFlatAndIsIndependentOfTheOthers) {
  const Engine both = engine();
  const Outcome outcome = both.evaluate({15}, kIn | kOut, false);
  ASSERT_EQ(outcome.windows.size(), 2u);
  // Out of sample: above 15 on the second day, bought on the third at 40, closed at the end at 40.
  EXPECT_EQ(*outcome.windows[1].rows[0].metrics.get(Metric::trade_count), 1);
  EXPECT_EQ(*outcome.windows[1].rows[0].metrics.get(Metric::total_return), 0);
  EXPECT_TRUE(outcome.windows[1].trades.empty());  // not asked for
}

TEST_F(EngineTest, AnEmptyGenomeIsBuyAndHoldUnderTheSameCosts) {
  const Outcome outcome = engine("[costs]\nfee_bps = 2500\n").evaluate({}, kOut, true);
  const WindowOutcome& window = outcome.windows.at(0);
  ASSERT_EQ(window.trades.size(), 1u);
  // Ordered at the first tradable close, bought at the next open (20), 40 pieces.
  EXPECT_EQ(window.trades[0].entry_price, 20);
  EXPECT_EQ(window.trades[0].quantity, 40);
  EXPECT_EQ(window.trades[0].reason, ExitReason::end);
  EXPECT_NEAR(*window.rows[0].metrics.get(Metric::total_return), 0.2,
              1e-15);  // 40 * 40 * 0.75 = 1200
}

TEST_F(EngineTest, AGenomeThatIsNotOfTheExperimentIsInvalid) {
  const Engine made = engine();
  EXPECT_NE(made.evaluate({15, 3}, kIn, false).invalid, "");
  EXPECT_NE(made.evaluate({15.5}, kIn, false).invalid, "");
  EXPECT_NE(made.evaluate({101}, kIn, false).invalid, "");
  EXPECT_EQ(made.evaluate({95}, kIn, false).invalid,
            "the genes break the experiment's constraint 'level < 90'");
  EXPECT_NE(made.evaluate({15}, 0, false).invalid, "");
  EXPECT_NE(made.evaluate({15}, 1, false).invalid, "");
  EXPECT_EQ(made.evaluate({15}, kIn, false).invalid, "");
}

TEST_F(EngineTest, ShortsThatCostNothingAreWarnedOf) {
  const strategy::Overrides shorts = {{"strategy.direction", "\"short\""},
                                      {"strategy.entry_short", "\"close > level\""},
                                      {"strategy.exit_short", "\"close < level\""}};
  std::string text = threshold_experiment();
  for (const char* line :
       {"entry_long = \"close > level\"\n", "exit_long = \"close <= level\"\n"}) {
    text.erase(text.find(line), std::string(line).size());
  }
  const Result<Engine> free = Engine::prepare(read(text, shorts), {series_.view()});
  ASSERT_TRUE(free) << free.error().message;
  ASSERT_EQ(free->notes().size(), 1u);
  EXPECT_NE(free->notes()[0].find("borrow_bps_per_day"), std::string::npos);
  const Result<Engine> paid =
      Engine::prepare(read(text + "[costs]\nborrow_bps_per_day = 1\n", shorts), {series_.view()});
  EXPECT_TRUE(paid->notes().empty());
}

TEST_F(EngineTest, CostsAreScaledTogether) {
  const Engine made = engine("[costs]\nfee_bps = 2500\nslippage_bps = 1000\n");
  const auto profit = [&](double factor) {
    const Outcome outcome = made.evaluate_at_costs({15}, kOut, true, factor);
    return outcome.windows.at(0).trades.at(0);
  };
  EXPECT_EQ(profit(0).entry_price, 40);
  EXPECT_EQ(profit(0).profit, 0);
  EXPECT_DOUBLE_EQ(profit(1).entry_price, 44);
  EXPECT_DOUBLE_EQ(profit(2).entry_price, 48);
  EXPECT_DOUBLE_EQ(profit(2).quantity, 1000 / 48.0 / 1.5);
  EXPECT_EQ(made.evaluate({15}, kOut, true).windows[0].trades[0].profit, profit(1).profit);
}

TEST_F(EngineTest, AnOptimisticFillAndFreeLeverageAreNoted) {
  EXPECT_TRUE(engine().notes().empty());
  const Engine optimistic = engine("", {{"strategy.fill", "\"close\""}});
  ASSERT_EQ(optimistic.notes().size(), 1u);
  EXPECT_NE(optimistic.notes()[0].find("optimistic"), std::string::npos);
  const Engine leveraged = engine("", {{"account.max_leverage", "2"}});
  ASSERT_EQ(leveraged.notes().size(), 1u);
  EXPECT_NE(leveraged.notes()[0].find("borrowed"), std::string::npos);
}

TEST_F(EngineTest, AFillAtTheCloseHoldsForBuyAndHoldToo) {
  const Engine made = engine("", {{"strategy.fill", "\"close\""}});
  EXPECT_EQ(made.evaluate({}, kOut, true).windows.at(0).trades.at(0).entry_price, 10);
}

TEST_F(EngineTest, BuyAndHoldNeverBorrowsAndKeepsLots) {
  const Engine made = engine("", {{"account.max_leverage", "3"}, {"account.lot_step", "7"}});
  EXPECT_EQ(made.evaluate({}, kOut, true).windows.at(0).trades.at(0).quantity, 49);
}

TEST_F(EngineTest, TheRiskOfAnExperimentReachesItsTrades) {
  // Bought at 40 in the window's third bar; 2 % of 1000 at a stop of a tenth of the price.
  const Engine made = engine("[risk]\nsize = { risk_percent = 2 }\ntrailing_stop = 0.1\n");
  EXPECT_DOUBLE_EQ(made.evaluate({15}, kOut, true).windows.at(0).trades.at(0).quantity, 5);
}

TEST_F(EngineTest, SeveralSymbolsShareTheEquityAndAreNeverRebalanced) {
  const market::Series still = market_of("Y", {5, 5, 5, 5, 5, 5, 5, 5, 5});
  const Result<Engine> made =
      Engine::prepare(read(threshold_experiment(), {{"data.symbols", "[\"X\", \"Y\"]"}}),
                      {series_.view(), still.view()});
  ASSERT_TRUE(made) << made.error().message;
  const Outcome outcome = made->evaluate({15}, kIn, true);
  const WindowOutcome& window = outcome.windows.at(0);
  ASSERT_EQ(window.rows.size(), 3u);
  EXPECT_EQ(window.trades.at(0).equity_at_entry, 500);
  EXPECT_EQ(*window.rows[0].metrics.get(Metric::total_return), -0.25);
  EXPECT_EQ(*window.rows[1].metrics.get(Metric::total_return), -0.5);
  EXPECT_EQ(*window.rows[2].metrics.get(Metric::total_return), 0);
}

TEST_F(EngineTest, RuinIsReported) {
  std::string text = threshold_experiment();
  const auto replace = [&](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("\"long\"", "\"short\"");
  replace("entry_long = \"close > level\"", "entry_short = \"close < level\"");
  replace("exit_long = \"close <= level\"", "exit_short = \"close > 1000\"");
  const Result<Engine> made = Engine::prepare(read(text), {series_.view()});
  ASSERT_TRUE(made) << made.error().message;
  const Outcome outcome = made->evaluate({15}, kOut, true);  // short at 20, then 40
  EXPECT_TRUE(outcome.windows.at(0).ruined);
  EXPECT_EQ(*outcome.windows[0].rows[0].metrics.get(Metric::total_return), -1);
  EXPECT_FALSE(made->evaluate({15}, kIn, true).windows.at(0).ruined);
}

TEST_F(EngineTest, RefusesADatasetOfOtherSymbols) {
  market::Series other = series_;
  other.symbol = "Z";
  EXPECT_FALSE(Engine::prepare(read(threshold_experiment()), {other.view()}));
  EXPECT_FALSE(Engine::prepare(read(threshold_experiment()), {}));
}

}  // namespace
}  // namespace mendel::backtest
