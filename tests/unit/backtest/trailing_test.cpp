// Stops that follow the price and levels that are multiples of the ATR: "Levels" of
// docs/metrics.md. Bought (or sold short) at the open of bar 1 at 100.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "shared/backtest/levels.hpp"
#include "tests/unit/backtest/tape.hpp"

namespace mendel::backtest {
namespace {

Tape tape_of(std::vector<Ohlc> later) {
  std::vector<Ohlc> bars = {Tape::flat(100)};
  bars.insert(bars.end(), later.begin(), later.end());
  return Tape(bars);
}

TEST(TrailingStop, FollowsTheHighestPriceOfALong) {
  Tape tape = tape_of({{100, 110, 95, 105}, {105, 120, 100, 118}, {118, 119, 89, 95}});
  tape.rules.risk.trailing_stop = 0.25;
  const Trade trade = tape.entry_long({0}).trades().at(0);
  EXPECT_EQ(trade.exit_price, 90);  // 120 * 0.75
  EXPECT_EQ(trade.exit_time_ns, tape.time(3));
  EXPECT_EQ(trade.reason, ExitReason::stop);
}

TEST(TrailingStop, FollowsTheLowestPriceOfAShort) {
  Tape tape = tape_of({{100, 110, 80, 90}, {90, 96, 64, 66}, {66, 81, 65, 70}});
  tape.rules.risk.trailing_stop = 0.25;
  const Trade trade = tape.entry_short({0}).trades().at(0);
  EXPECT_EQ(trade.exit_price, 80);  // 64 * 1.25
  EXPECT_EQ(trade.exit_time_ns, tape.time(3));
}

TEST(TrailingStop, UsesExtremesUpToThePreviousBar) {
  // Bar 2 rises to 200 and falls to 120: its own high does not stop it, the next bar's level does.
  Tape tape = tape_of({Tape::flat(100), {110, 200, 120, 160}, {160, 160, 160, 160}});
  tape.rules.risk.trailing_stop = 0.25;
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).reason, ExitReason::end);
  Tape next = tape_of({Tape::flat(100), {110, 200, 120, 160}, {160, 160, 149, 155}});
  next.rules.risk.trailing_stop = 0.25;
  EXPECT_EQ(next.entry_long({0}).trades().at(0).exit_price, 150);
}

TEST(TrailingStop, StandsAtItsDistanceFromTheFillOnTheEntryBar) {
  Tape tape = tape_of({{100, 200, 70, 90}, Tape::flat(90)});
  tape.rules.risk.trailing_stop = 0.25;
  const Trade trade = tape.entry_long({0}).trades().at(0);
  EXPECT_EQ(trade.exit_price, 75);
  EXPECT_EQ(trade.exit_time_ns, tape.time(1));
}

TEST(TrailingStop, CountsFromTheFillAfterSlippage) {
  Tape tape = tape_of({{100, 100, 90, 95}, Tape::flat(95)});
  tape.rules.costs.slippage = 0.25;  // bought at 125, the stop at 93.75
  tape.rules.risk.trailing_stop = 0.25;
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).exit_price, 93.75 * 0.75);
}

TEST(TrailingStop, NeverMovesAwayFromThePrice) {
  Tape tape =
      tape_of({{100, 120, 95, 100}, {100, 101, 92, 95}, {95, 99, 91, 95}, {95, 95, 89, 89}});
  tape.rules.risk.trailing_stop = 0.25;
  const Trade trade = tape.entry_long({0}).trades().at(0);
  EXPECT_EQ(trade.exit_price, 90);
  EXPECT_EQ(trade.exit_time_ns, tape.time(4));
}

TEST(TrailingStop, ABarThatOpensBeyondItFillsAtItsOpen) {
  Tape tape = tape_of({{100, 120, 95, 119}, {80, 130, 70, 100}, Tape::flat(100)});
  tape.rules.risk.trailing_stop = 0.25;
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).exit_price, 80);
}

TEST(TrailingStop, TheNearestOfSeveralStopsCounts) {
  // The fixed stop at 95 is nearer until the price has risen to 128.
  Tape tape = tape_of({{100, 104, 96, 100}, {100, 128, 97, 120}, {120, 120, 95.5, 100}});
  tape.rules.risk = {.stop_loss = 0.05, .trailing_stop = 0.25};
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).exit_price, 96);  // 128 * 0.75
  Tape low = tape_of({{100, 104, 94, 100}, Tape::flat(100)});
  low.rules.risk = {.stop_loss = 0.05, .trailing_stop = 0.25};
  EXPECT_EQ(low.entry_long({0}).trades().at(0).exit_price, 95);
}

TEST(TrailingStop, OfANewPositionStartsAnew) {
  Tape tape =
      tape_of({{100, 200, 100, 160}, {160, 160, 140, 160}, {100, 100, 80, 90}, Tape::flat(90)});
  tape.rules.risk.trailing_stop = 0.25;
  const std::vector<Trade> trades = tape.entry_long({0, 2}).trades();
  ASSERT_EQ(trades.size(), 2u);
  EXPECT_EQ(trades[0].exit_price, 150);
  EXPECT_EQ(trades[1].reason, ExitReason::end);  // 75 is not reached, 150 is the old one
}

TEST(AtrLevels, AreMultiplesOfTheSignalBarsAtr) {
  Tape tape = tape_of({{100, 109, 91, 100}, {100, 100, 85, 90}, Tape::flat(90)});
  tape.signals.atr = {5, 1, 1, 1};
  tape.rules.risk.stop_loss_atr = 2;
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).exit_price, 90);  // 100 - 2 * 5
  tape.rules.risk = {.take_profit_atr = 1.5};
  EXPECT_EQ(tape.trades().at(0).exit_price, 107.5);
  EXPECT_EQ(tape.trades().at(0).reason, ExitReason::target);
  tape.entry_long({}).entry_short({0});
  EXPECT_EQ(tape.trades().at(0).exit_price, 92.5);
  tape.rules.risk = {.stop_loss_atr = 1};
  EXPECT_EQ(tape.trades().at(0).exit_price, 105);
}

TEST(AtrLevels, ATrailingStopKeepsTheSignalBarsAtr) {
  Tape tape = tape_of({{100, 120, 100, 110}, {110, 130, 111, 125}, {125, 125, 100, 110}});
  tape.signals.atr = {5, 50, 50, 50};
  tape.rules.risk.trailing_stop_atr = 4;
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).exit_price, 110);  // 130 - 4 * 5
}

TEST(AtrLevels, AShortTrailsAboveTheLowest) {
  Tape tape = tape_of({{100, 101, 80, 85}, {85, 89, 70, 75}, {75, 95, 74, 90}});
  tape.signals.atr = {5, 50, 50, 50};
  tape.rules.risk.trailing_stop_atr = 4;
  EXPECT_EQ(tape.entry_short({0}).trades().at(0).exit_price, 90);  // 70 + 4 * 5
}

TEST(AtrLevels, AnUndefinedAtrIsNoEntry) {
  const double undefined = std::numeric_limits<double>::quiet_NaN();
  Tape tape = tape_of({Tape::flat(100), Tape::flat(100), Tape::flat(100)});
  tape.signals.atr = {undefined, 5, 5, 5};
  tape.rules.risk.stop_loss_atr = 2;
  EXPECT_TRUE(tape.entry_long({0}).trades().empty());
  EXPECT_EQ(tape.entry_long({1}).trades().size(), 1u);
  tape.rules.risk = {.stop_loss = 0.5};  // nothing reads it
  EXPECT_EQ(tape.entry_long({0}).trades().size(), 1u);
}

TEST(AtrLevels, TheNearestOfSeveralTargetsCounts) {
  Tape tape = tape_of({{100, 150, 100, 100}, Tape::flat(100)});
  tape.signals.atr = {5, 5, 5};
  tape.rules.risk = {.take_profit = 0.25, .take_profit_atr = 2};
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).exit_price, 110);
  tape.rules.risk.take_profit_atr = 8;
  EXPECT_EQ(tape.trades().at(0).exit_price, 125);
}

}  // namespace
}  // namespace mendel::backtest
