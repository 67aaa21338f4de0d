// Stops and targets, bar by bar: bought (or sold short) at the open of bar 1 at 100.
#include "shared/backtest/levels.hpp"

#include <gtest/gtest.h>

#include "tests/unit/backtest/tape.hpp"

namespace mendel::backtest {
namespace {

// Bar 0 signals, bar 1 fills at 100 and is quiet, then `third`, then a quiet bar.
Tape tape_with(Ohlc third) {
  Tape tape({Tape::flat(100), Tape::flat(100), third, Tape::flat(100)});
  tape.rules.risk.stop_loss = 0.25;    // 75 for a long, 125 for a short
  tape.rules.risk.take_profit = 0.25;  // 125 for a long, 75 for a short
  return tape;
}

Trade long_trade(Tape tape) { return tape.entry_long({0}).trades().at(0); }
Trade short_trade(Tape tape) { return tape.entry_short({0}).trades().at(0); }

TEST(Levels, AStopInsideTheBarFillsAtItsLevel) {
  const Trade trade = long_trade(tape_with({90, 95, 70, 80}));
  EXPECT_EQ(trade.exit_price, 75);
  EXPECT_EQ(trade.reason, ExitReason::stop);
  const Trade sold = short_trade(tape_with({110, 130, 105, 110}));
  EXPECT_EQ(sold.exit_price, 125);
  EXPECT_EQ(sold.reason, ExitReason::stop);
}

TEST(Levels, ATargetInsideTheBarFillsAtItsLevel) {
  const Trade trade = long_trade(tape_with({110, 130, 105, 110}));
  EXPECT_EQ(trade.exit_price, 125);
  EXPECT_EQ(trade.reason, ExitReason::target);
  const Trade sold = short_trade(tape_with({90, 95, 70, 80}));
  EXPECT_EQ(sold.exit_price, 75);
  EXPECT_EQ(sold.reason, ExitReason::target);
}

TEST(Levels, ALevelIsReachedWhenTheBarTouchesIt) {
  EXPECT_EQ(long_trade(tape_with({90, 95, 75, 80})).reason, ExitReason::stop);
  EXPECT_EQ(long_trade(tape_with({90, 95, 75.01, 80})).reason, ExitReason::end);
  EXPECT_EQ(long_trade(tape_with({110, 125, 105, 110})).reason, ExitReason::target);
}

TEST(Levels, ABarThatOpensBeyondALevelFillsAtItsOpen) {
  const Trade stopped = long_trade(tape_with({60, 130, 50, 80}));
  EXPECT_EQ(stopped.exit_price, 60);
  EXPECT_EQ(stopped.reason, ExitReason::stop);
  // The same bar may fall below the stop later: it has been sold at the open.
  const Trade taken = long_trade(tape_with({140, 150, 50, 80}));
  EXPECT_EQ(taken.exit_price, 140);
  EXPECT_EQ(taken.reason, ExitReason::target);
  const Trade covered = short_trade(tape_with({140, 150, 50, 80}));
  EXPECT_EQ(covered.exit_price, 140);
  EXPECT_EQ(covered.reason, ExitReason::stop);
}

TEST(Levels, TheStopComesBeforeTheTarget) {
  EXPECT_EQ(long_trade(tape_with({100, 130, 70, 100})).reason, ExitReason::stop);
  EXPECT_EQ(short_trade(tape_with({100, 130, 70, 100})).reason, ExitReason::stop);
}

TEST(Levels, BothCanTriggerOnTheEntryBar) {
  Tape tape({Tape::flat(100), {100, 110, 70, 90}, Tape::flat(90)});
  tape.rules.risk.stop_loss = 0.25;
  const Trade stopped = tape.entry_long({0}).trades().at(0);
  EXPECT_EQ(stopped.exit_time_ns, tape.time(1));
  EXPECT_EQ(stopped.exit_price, 75);
  tape.rules.risk = {.take_profit = 0.0625};
  const Trade taken = tape.trades().at(0);
  EXPECT_EQ(taken.exit_time_ns, tape.time(1));
  EXPECT_EQ(taken.exit_price, 106.25);
  EXPECT_EQ(taken.reason, ExitReason::target);
}

TEST(Levels, LevelsAreSetFromTheFillAfterSlippage) {
  Tape tape({Tape::flat(100), Tape::flat(100), {100, 160, 100, 150}, Tape::flat(150)});
  tape.rules.costs.slippage = 0.25;    // bought at 125
  tape.rules.risk.take_profit = 0.25;  // 156.25
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).exit_price, 156.25);
}

TEST(Levels, SlippageAppliesToStopsAndNeverToTargets) {
  Tape tape({Tape::flat(100), Tape::flat(100), {100, 100, 60, 60}, Tape::flat(60)});
  tape.rules.costs.slippage = 0.125;  // bought at 112.5
  tape.rules.risk.stop_loss = 0.25;   // 84.375
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).exit_price, 84.375 * 0.875);
  Tape rising({Tape::flat(100), Tape::flat(100), {150, 160, 150, 150}, Tape::flat(60)});
  rising.rules.costs.slippage = 0.125;
  rising.rules.risk.take_profit = 0.25;  // 140.625, opened beyond
  EXPECT_EQ(rising.entry_long({0}).trades().at(0).exit_price, 150);
}

TEST(Levels, ZeroIsOff) {
  Tape tape({Tape::flat(100), Tape::flat(100), {100, 1000, 1, 100}, Tape::flat(100)});
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).reason, ExitReason::end);
}

TEST(Levels, AfterAnExitInsideABarThatBarsCloseMaySignalAgain) {
  Tape tape({Tape::flat(100), Tape::flat(100), {90, 95, 70, 80}, Tape::flat(80), Tape::flat(88)});
  tape.rules.risk.stop_loss = 0.25;
  const std::vector<Trade> trades = tape.entry_long({0, 2}).trades();
  ASSERT_EQ(trades.size(), 2u);
  EXPECT_EQ(trades[1].entry_time_ns, tape.time(3));
  EXPECT_EQ(trades[1].equity_at_entry, 750);
  EXPECT_EQ(trades[1].profit, 75);  // 750 * 88 / 80 - 750
}

TEST(Levels, ASignalledExitAtTheOpenComesBeforeTheLevelsOfThatBar) {
  Tape tape = tape_with({90, 95, 70, 80});
  const Trade trade = tape.entry_long({0}).exit_long({1}).trades().at(0);
  EXPECT_EQ(trade.exit_price, 90);
  EXPECT_EQ(trade.reason, ExitReason::signal);
}

TEST(Levels, RuinComesBeforeTheTarget) {
  Tape tape({Tape::flat(100), Tape::flat(100), {100, 201, 70, 100}, Tape::flat(100)});
  tape.rules.risk.take_profit = 0.25;
  EXPECT_EQ(tape.entry_short({0}).trades().at(0).reason, ExitReason::ruin);
}

}  // namespace
}  // namespace mendel::backtest
