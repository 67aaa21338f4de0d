#include <gtest/gtest.h>

#include <limits>

#include "shared/strategy/evaluation.hpp"
#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

constexpr Truth kAll[] = {Truth::no, Truth::yes, Truth::undefined};

TEST(Logic, AnUndefinedOperandDecidesNothing) {
  EXPECT_EQ(logical(Op::logical_and, Truth::undefined, Truth::no), Truth::no);
  EXPECT_EQ(logical(Op::logical_and, Truth::undefined, Truth::yes), Truth::undefined);
  EXPECT_EQ(logical(Op::logical_or, Truth::undefined, Truth::yes), Truth::yes);
  EXPECT_EQ(logical(Op::logical_or, Truth::undefined, Truth::no), Truth::undefined);
  EXPECT_EQ(opposite(Truth::undefined), Truth::undefined);
}

TEST(Logic, KeepsDeMorgansLawsWithUndefinedOperands) {
  for (const Truth a : kAll) {
    for (const Truth b : kAll) {
      EXPECT_EQ(opposite(logical(Op::logical_and, a, b)),
                logical(Op::logical_or, opposite(a), opposite(b)));
      EXPECT_EQ(logical(Op::logical_and, a, b), logical(Op::logical_and, b, a));
    }
  }
}

TEST(Logic, ComparisonsWithUndefinedNumbersAreUndefined) {
  const double undefined = std::numeric_limits<double>::quiet_NaN();
  for (const Op op :
       {Op::less, Op::less_equal, Op::greater, Op::greater_equal, Op::equal, Op::not_equal}) {
    EXPECT_EQ(comparison(op, undefined, 1), Truth::undefined);
    EXPECT_EQ(comparison(op, 1, undefined), Truth::undefined);
  }
}

TEST(Logic, WarmUpGivesNoSignalEvenNegated) {
  const market::Series series = market_of({5, 4, 3});
  EXPECT_EQ(entry_bits("sma(close, 2) > 100", series), "000");
  EXPECT_EQ(entry_bits("not sma(close, 2) > 100", series), "011");
  EXPECT_EQ(entry_bits("not (sma(close, 2) > 100 and close > 100)", series), "111");
}

TEST(Logic, DivisionByZeroIsUndefined) {
  const market::Series series = market_of({1, 2, 3});
  EXPECT_EQ(entry_bits("1 / (close - 2) > -5", series), "101");
  EXPECT_EQ(entry_bits("not 1 / (close - 2) > 100", series), "101");
}

TEST(Logic, OverflowIsUndefined) {
  EXPECT_EQ(entry_bits("close * 1e308 * 10 > 0", market_of({1, 2})), "00");
}

TEST(Logic, BindsAsTheLanguagePageSays) {
  const market::Series series = market_of({1, 2, 3});
  EXPECT_EQ(entry_bits("close > 2 or close > 1 and close > 5", series), "001");
  EXPECT_EQ(entry_bits("not close > 2 and close > 1", series), "010");
  EXPECT_EQ(entry_bits("-close + 4 * 2 == 6", series), "010");
  EXPECT_EQ(entry_bits("8 - 4 - 2 == close", series), "010");
  EXPECT_EQ(entry_bits("8 - (4 - 2) == close * 2", series), "001");
}

TEST(Logic, ChoicesOfTextsAreCompared) {
  const std::string text = with(with_entry("kind == 'up' and close > 2 or kind != 'up'"), "[genes]",
                                "[genes]\nkind = { choice = [\"up\", \"any\"] }");
  const Experiment experiment = read(text);
  const market::Series series = market_of({1, 3});
  // Genes are sorted: fast, kind.
  EXPECT_EQ(run_signals(experiment, {5, 0}, series.view()).entry_long,
            (std::vector<std::uint8_t>{0, 1}));
  EXPECT_EQ(run_signals(experiment, {5, 1}, series.view()).entry_long,
            (std::vector<std::uint8_t>{1, 1}));
}

TEST(Logic, SignalsOfUnusedSidesAreEmpty) {
  const Experiment experiment = read(kSample);
  const Signals signals = run_signals(experiment, {5}, market_of({1, 9}).view());
  EXPECT_EQ(signals.entry_long, (std::vector<std::uint8_t>{0, 1}));
  EXPECT_EQ(signals.exit_long, (std::vector<std::uint8_t>{1, 0}));
  EXPECT_TRUE(signals.entry_short.empty());
  EXPECT_TRUE(signals.exit_short.empty());
}

TEST(Logic, ASignalNeverReadsForward) {
  std::vector<double> closes;
  for (int i = 0; i < 120; ++i) closes.push_back(100 + (i * 53) % 17 - (i * 29) % 11);
  const std::string condition =
      "crossover(ema(close, fast), sma(close, 9)) or rsi(close, 5) < 40 and close[2] > lowest(low, "
      "4)";
  const std::string whole = entry_bits(condition, market_of(closes));
  for (const std::size_t cut : {1u, 2u, 10u, 57u, 119u}) {
    const std::vector<double> past(closes.begin(), closes.begin() + static_cast<long>(cut));
    EXPECT_EQ(entry_bits(condition, market_of(past)), whole.substr(0, cut));
  }
}

}  // namespace
}  // namespace mendel::strategy
