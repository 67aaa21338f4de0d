// fill = "close": what a close signals trades at that close. Optimistic, and only when asked for.
#include <gtest/gtest.h>

#include "tests/unit/backtest/tape.hpp"

namespace mendel::backtest {
namespace {

Tape at_close(std::vector<Ohlc> bars, std::int64_t bar_length_ns = kNsPerDay) {
  Tape tape(std::move(bars), bar_length_ns);
  tape.rules.fill = strategy::Fill::close;
  return tape;
}

TEST(FillAtClose, ASignalFillsAtTheCloseThatGivesIt) {
  Tape tape = at_close({{9, 11, 9, 10}, {20, 22, 19, 21}, {22, 26, 21, 25}, Tape::flat(1)});
  const SleeveOutcome out = tape.entry_long({0}).exit_long({2}).run();
  ASSERT_EQ(out.trades.size(), 1u);
  EXPECT_EQ(out.trades[0].entry_price, 10);
  EXPECT_EQ(out.trades[0].entry_time_ns, tape.time(0));
  EXPECT_EQ(out.trades[0].exit_price, 25);
  EXPECT_EQ(out.trades[0].exit_time_ns, tape.time(2));
  EXPECT_EQ(out.trades[0].reason, ExitReason::signal);
  EXPECT_EQ(out.equity, (std::vector<double>{1000, 2100, 2500, 2500}));
}

TEST(FillAtClose, IsHeldForAsManyBarsAsANextOpenFill) {
  Tape tape = at_close(Tape::flats({10, 10, 10, 10, 10}));
  EXPECT_EQ(tape.entry_long({0}).exit_long({2}).run().held,
            (std::vector<std::uint8_t>{0, 1, 1, 0, 0}));
  tape.rules.fill = strategy::Fill::next_open;
  EXPECT_EQ(tape.run().held, (std::vector<std::uint8_t>{0, 1, 1, 0, 0}));
}

TEST(FillAtClose, SlippageAndFeesApply) {
  Tape tape = at_close(Tape::flats({20, 20, 30, 30}));
  tape.rules.costs = {.fee = 0.25, .slippage = 0.25};
  const Trade trade = tape.entry_long({0}).exit_long({2}).trades().at(0);
  EXPECT_EQ(trade.entry_price, 25);
  EXPECT_EQ(trade.quantity, 32);  // 1000 / (25 * 1.25)
  EXPECT_EQ(trade.exit_price, 22.5);
}

TEST(FillAtClose, LevelsCountFromTheNextBar) {
  Tape tape = at_close({{100, 100, 50, 100}, {100, 110, 70, 100}, Tape::flat(100)});
  tape.rules.risk.stop_loss = 0.25;
  const Trade trade = tape.entry_long({0}).trades().at(0);
  EXPECT_EQ(trade.exit_price, 75);
  EXPECT_EQ(trade.exit_time_ns, tape.time(1));
}

TEST(FillAtClose, TheEntryBarsOwnExtremesDoNotTrail) {
  Tape tape =
      at_close({{100, 200, 100, 100}, {100, 104, 80, 90}, {90, 90, 77, 80}, Tape::flat(80)});
  tape.rules.risk.trailing_stop = 0.25;
  const Trade trade = tape.entry_long({0}).trades().at(0);
  EXPECT_EQ(trade.exit_price, 78);  // 104 * 0.75, neither 150 nor 75
  EXPECT_EQ(trade.exit_time_ns, tape.time(2));
}

TEST(FillAtClose, TheAtrIsTheSignalBars) {
  Tape tape = at_close({Tape::flat(100), {100, 100, 80, 90}, Tape::flat(90)});
  tape.signals.atr = {5, 1, 1};
  tape.rules.risk.stop_loss_atr = 2;
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).exit_price, 90);
}

TEST(FillAtClose, AReversalIsTwoFillsAtOneClose) {
  Tape tape = at_close(Tape::flats({10, 20, 20, 10}));
  const std::vector<Trade> trades = tape.entry_long({0}).entry_short({2}).trades();
  ASSERT_EQ(trades.size(), 2u);
  EXPECT_EQ(trades[0].reason, ExitReason::reversal);
  EXPECT_EQ(trades[1].entry_time_ns, tape.time(2));
  EXPECT_EQ(trades[1].equity_at_entry, 2000);
  EXPECT_EQ(trades[1].profit, 1000);
}

TEST(FillAtClose, MaximumHoldingHoldsAsManyBars) {
  Tape tape = at_close(Tape::flats({10, 10, 30, 50, 50}));
  tape.rules.risk.max_holding_bars = 2;
  const std::vector<Trade> trades = tape.entry_long({0}).trades();
  EXPECT_EQ(trades.at(0).exit_time_ns, tape.time(2));
  EXPECT_EQ(trades[0].reason, ExitReason::holding);
}

TEST(FillAtClose, SignalsAreReadOnceAClose) {
  // The holding ends at the close of bar 2, whose entry signal does not count.
  Tape tape = at_close(Tape::flats({10, 10, 10, 10, 10}));
  tape.rules.risk.max_holding_bars = 2;
  const std::vector<Trade> trades = tape.entry_long({0, 2, 3}).trades();
  ASSERT_EQ(trades.size(), 2u);
  EXPECT_EQ(trades[1].entry_time_ns, tape.time(3));
}

TEST(FillAtClose, AfterAnExitInsideABarThatBarsCloseMayEnterAgain) {
  Tape tape = at_close({Tape::flat(100), {100, 100, 70, 80}, Tape::flat(88)});
  tape.rules.risk.stop_loss = 0.25;
  const std::vector<Trade> trades = tape.entry_long({0, 1}).trades();
  ASSERT_EQ(trades.size(), 2u);
  EXPECT_EQ(trades[1].entry_time_ns, tape.time(1));
  EXPECT_EQ(trades[1].profit, 75);  // 750 at 80, sold at 88
}

TEST(FillAtClose, TheLastBarOrdersNothing) {
  Tape tape = at_close(Tape::flats({10, 10, 10}));
  EXPECT_TRUE(tape.entry_long({2}).trades().empty());
}

TEST(FillAtClose, NothingIsOpenedBeforeAHoleThatItMustNotSpan) {
  Tape tape = at_close(Tape::flats({10, 10, 10, 50, 50}), kNsPerDay / 24);
  tape.entry_long({2}).hole_before(3, 3);
  tape.rules.max_gap_bars = 2;
  EXPECT_TRUE(tape.trades().empty());
  tape.rules.max_gap_bars = 3;
  EXPECT_EQ(tape.trades().size(), 1u);
}

TEST(FillAtClose, HoldingCostsRunFromTheEndOfTheEntryBarToTheEndOfTheExitBar) {
  // Hourly bars from 00:00: in at the close of 06:00 (07:00), out at the close of 07:00 (08:00).
  Tape tape = at_close(std::vector<Ohlc>(12, Tape::flat(20)), kNsPerDay / 24);
  tape.rules.costs.funding_per_8h = 0.01;
  tape.entry_long({6}).exit_long({7});
  EXPECT_DOUBLE_EQ(tape.trades().at(0).profit, -10);
  tape.entry_long({7}).exit_long({9});  // in at 08:00 exactly: nothing is crossed
  EXPECT_DOUBLE_EQ(tape.trades().at(0).profit, 0);
}

TEST(FillAtClose, AnEntryThatLeavesNoEquityIsRuin) {
  Tape tape = at_close(Tape::flats({10, 20, 20}));
  tape.rules.costs.slippage = 0.5;
  tape.rules.risk.size = 300;
  tape.rules.limits.max_leverage = 3;  // 3000 at 15 are worth 2000 at 10
  const SleeveOutcome out = tape.entry_long({0}).run();
  EXPECT_TRUE(out.ruined);
  EXPECT_EQ(out.equity, (std::vector<double>{0, 0, 0}));
}

}  // namespace
}  // namespace mendel::backtest
