// Entries, exits and their order: every rule of docs/metrics.md ("Order of events") that does not
// concern levels. Prices are chosen so that the trades can be computed by hand.
#include <gtest/gtest.h>

#include "tests/unit/backtest/tape.hpp"

namespace mendel::backtest {
namespace {

constexpr std::int64_t kHour = 3600 * kNsPerSecond;

TEST(Orders, ASignalOnTheCloseFillsAtTheNextOpen) {
  // Signal on bar 0's close (10) -> bought at bar 1's open 20; exit on 2's close -> sold at 3's 25.
  Tape tape({Tape::flat(10), {20, 22, 19, 21}, {22, 24, 21, 23}, {25, 26, 24, 24}, Tape::flat(1)});
  const std::vector<Trade> trades = tape.entry_long({0}).exit_long({2}).trades();
  ASSERT_EQ(trades.size(), 1u);
  EXPECT_EQ(trades[0].side, Side::long_side);
  EXPECT_EQ(trades[0].entry_time_ns, tape.time(1));
  EXPECT_EQ(trades[0].entry_price, 20);
  EXPECT_EQ(trades[0].exit_time_ns, tape.time(3));
  EXPECT_EQ(trades[0].exit_price, 25);
  EXPECT_EQ(trades[0].quantity, 50);  // 1000 / 20
  EXPECT_EQ(trades[0].profit, 250);   // 50 * 5
  EXPECT_EQ(trades[0].equity_at_entry, 1000);
  EXPECT_EQ(trades[0].reason, ExitReason::signal);
  EXPECT_EQ(trades[0].symbol, "X");
}

TEST(Orders, EquityIsMarkedAtEveryClose) {
  Tape tape({Tape::flat(10), {20, 22, 19, 21}, {22, 24, 21, 23}, {25, 26, 24, 24}, Tape::flat(1)});
  const SleeveOutcome out = tape.entry_long({0}).exit_long({2}).run();
  EXPECT_EQ(out.equity, (std::vector<double>{1000, 1050, 1150, 1250, 1250}));
  EXPECT_EQ(out.held, (std::vector<std::uint8_t>{0, 1, 1, 0, 0}));
}

TEST(Orders, AShortGainsWhenThePriceFalls) {
  Tape tape(Tape::flats({10, 20, 15, 10, 10}));
  const SleeveOutcome out = tape.entry_short({0}).exit_short({2}).run();
  ASSERT_EQ(out.trades.size(), 1u);
  EXPECT_EQ(out.trades[0].side, Side::short_side);
  EXPECT_EQ(out.trades[0].quantity, 50);
  EXPECT_EQ(out.trades[0].profit, 500);  // 50 * (20 - 10)
  EXPECT_EQ(out.equity, (std::vector<double>{1000, 1000, 1250, 1500, 1500}));
}

TEST(Orders, AFeeIsPaidPerSideAndTheEntryFeeIsPartOfWhatIsSpent) {
  Tape tape(Tape::flats({10, 20, 20, 30, 30}));
  tape.rules.costs.fee = 0.25;
  const SleeveOutcome out = tape.entry_long({0}).exit_long({2}).run();
  ASSERT_EQ(out.trades.size(), 1u);
  EXPECT_EQ(out.trades[0].quantity, 40);  // 1000 / (20 * 1.25): 800 and 200 of fee
  EXPECT_EQ(out.trades[0].profit, -100);  // 40 * 10 - 200 - 1200 * 0.25
  EXPECT_EQ(out.equity, (std::vector<double>{1000, 800, 800, 900, 900}));
}

TEST(Orders, SlippageMovesMarketFillsAgainstTheTrader) {
  Tape tape(Tape::flats({10, 20, 20, 30, 30}));
  tape.rules.costs.slippage = 0.25;
  std::vector<Trade> trades = tape.entry_long({0}).exit_long({2}).trades();
  EXPECT_EQ(trades.at(0).entry_price, 25);   // 20 * 1.25
  EXPECT_EQ(trades.at(0).exit_price, 22.5);  // 30 * 0.75
  EXPECT_EQ(trades.at(0).profit, -100);      // 40 * -2.5
  trades = tape.entry_long({}).entry_short({0}).exit_short({2}).trades();
  EXPECT_EQ(trades.at(0).entry_price, 15);   // 20 * 0.75
  EXPECT_EQ(trades.at(0).exit_price, 37.5);  // 30 * 1.25
}

TEST(Orders, NoSignalBeforeTheFirstTradableClose) {
  Tape tape(Tape::flats({10, 10, 10, 20, 20, 20}));
  tape.span = {1, 3, 6};
  tape.entry_long({0, 1, 2});
  EXPECT_TRUE(tape.trades().empty());
  const std::vector<Trade> trades = tape.entry_long({3}).trades();
  EXPECT_EQ(trades.at(0).entry_time_ns, tape.time(4));
  EXPECT_EQ(tape.run().equity.size(), 5u);  // the flat bars of the window count
}

TEST(Orders, ASignalOnTheWindowsLastBarIsDropped) {
  Tape tape(Tape::flats({10, 10, 10, 10}));
  tape.span.end = 3;
  EXPECT_TRUE(tape.entry_long({2}).trades().empty());
}

TEST(Orders, BothEntriesTrueIsNoEntry) {
  Tape tape(Tape::flats({10, 10, 10, 10}));
  EXPECT_TRUE(tape.entry_long({0}).entry_short({0}).trades().empty());
}

TEST(Orders, EntryAndExitTrueOnOneBarIsNoEntry) {
  Tape tape(Tape::flats({10, 10, 10, 10}));
  EXPECT_TRUE(tape.entry_long({0}).exit_long({0}).trades().empty());
  Tape other(Tape::flats({10, 10, 10, 10}));
  EXPECT_TRUE(other.entry_short({0}).exit_short({0}).trades().empty());
}

TEST(Orders, TheExitOfTheOtherSideDoesNotPreventAnEntry) {
  Tape tape(Tape::flats({10, 10, 10, 10}));
  const std::vector<Trade> trades = tape.entry_short({0}).exit_long({0}).trades();
  ASSERT_EQ(trades.size(), 1u);
  EXPECT_EQ(trades[0].side, Side::short_side);
}

TEST(Orders, InAPositionOnlyItsOwnExitCounts) {
  // The other side's exit and another entry of its own side change nothing.
  Tape tape(Tape::flats({10, 10, 10, 10, 10, 20}));
  const std::vector<Trade> trades =
      tape.entry_long({0, 1, 2}).exit_long({4}).exit_short({1, 2, 3}).trades();
  ASSERT_EQ(trades.size(), 1u);
  EXPECT_EQ(trades[0].exit_time_ns, tape.time(5));
  EXPECT_EQ(trades[0].reason, ExitReason::signal);
}

TEST(Orders, ItsOwnExitClosesEvenWhenItsEntryIsTrueToo) {
  Tape tape(Tape::flats({10, 10, 10, 10, 10}));
  const std::vector<Trade> trades = tape.entry_long({0, 2}).exit_long({2}).trades();
  ASSERT_EQ(trades.size(), 1u);
  EXPECT_EQ(trades[0].exit_time_ns, tape.time(3));
}

TEST(Orders, AReversalIsTwoFillsAndTwoFees) {
  Tape tape(Tape::flats({10, 20, 20, 20, 20}));
  tape.rules.costs.fee = 0.25;
  const SleeveOutcome out = tape.entry_long({0}).entry_short({2}).run();
  ASSERT_EQ(out.trades.size(), 2u);
  EXPECT_EQ(out.trades[0].reason, ExitReason::reversal);
  EXPECT_EQ(out.trades[0].exit_time_ns, tape.time(3));
  EXPECT_EQ(out.trades[0].profit, -400);  // 40 pieces: 200 + 200 of fees
  EXPECT_EQ(out.trades[1].side, Side::short_side);
  EXPECT_EQ(out.trades[1].entry_time_ns, tape.time(3));
  EXPECT_EQ(out.trades[1].equity_at_entry, 600);
  EXPECT_EQ(out.trades[1].quantity, 24);  // 600 / 25
  EXPECT_EQ(out.equity[3], 480);          // 600 - 24 * 20 * 0.25
}

TEST(Orders, AReversalAlsoHappensWhenItsOwnExitIsTrue) {
  Tape tape(Tape::flats({10, 20, 20, 20, 20}));
  const std::vector<Trade> trades = tape.entry_long({0}).exit_long({2}).entry_short({2}).trades();
  ASSERT_EQ(trades.size(), 2u);
  EXPECT_EQ(trades[0].reason, ExitReason::reversal);
}

TEST(Orders, BothEntriesTrueDoNotReverse) {
  Tape tape(Tape::flats({10, 20, 20, 20, 20}));
  const std::vector<Trade> trades = tape.entry_long({0, 2}).entry_short({2}).trades();
  ASSERT_EQ(trades.size(), 1u);
  EXPECT_EQ(trades[0].reason, ExitReason::end);
}

TEST(Orders, APositionOpenAtTheEndClosesAtTheLastCloseAndPaysCosts) {
  Tape tape({Tape::flat(10), Tape::flat(20), {30, 44, 29, 40}});
  tape.rules.costs = {.fee = 0.25, .slippage = 0.5};
  const SleeveOutcome out = tape.entry_long({0}).run();
  ASSERT_EQ(out.trades.size(), 1u);
  EXPECT_EQ(out.trades[0].entry_price, 30);
  EXPECT_EQ(out.trades[0].exit_price, 20);  // 40 * 0.5
  EXPECT_EQ(out.trades[0].exit_time_ns, tape.time(2));
  EXPECT_EQ(out.trades[0].reason, ExitReason::end);
  EXPECT_NEAR(out.equity.back(), 1000 / 37.5 * 20 * 0.75, 1e-9);
  EXPECT_EQ(out.held.back(), 1);  // it was open when the bar closed
  EXPECT_EQ(out.carried, (std::vector<std::uint8_t>{0, 1, 0}));
}

TEST(Orders, MaximumHoldingExitsAtTheNextOpen) {
  // Bought on bar 1, held for bars 1 and 2, sold at the open of bar 3.
  Tape tape(Tape::flats({10, 10, 10, 30, 50, 50}));
  tape.rules.risk.max_holding_bars = 2;
  const std::vector<Trade> trades = tape.entry_long({0}).trades();
  ASSERT_EQ(trades.size(), 1u);
  EXPECT_EQ(trades[0].exit_time_ns, tape.time(3));
  EXPECT_EQ(trades[0].exit_price, 30);
  EXPECT_EQ(trades[0].reason, ExitReason::holding);
}

TEST(Orders, CoolDownCountsBarsAfterAnExit) {
  // Sold at the open of bar 2; two bars (2 and 3) do not signal, bar 4's close does.
  Tape tape(Tape::flats({10, 10, 10, 10, 10, 10, 10, 10}));
  tape.rules.risk.cool_down_bars = 2;
  std::vector<Trade> trades = tape.entry_long({0, 2, 3}).exit_long({1}).trades();
  EXPECT_EQ(trades.size(), 1u);
  trades = tape.entry_long({0, 2, 3, 4}).trades();
  ASSERT_EQ(trades.size(), 2u);
  EXPECT_EQ(trades[1].entry_time_ns, tape.time(5));
}

TEST(Orders, AHoleLongerThanAllowedClosesAtTheLastCloseBeforeIt) {
  Tape tape({Tape::flat(10), Tape::flat(10), {10, 14, 9, 12}, Tape::flat(50), Tape::flat(50)},
            kHour);
  tape.entry_long({0}).hole_before(3, 3);
  tape.rules.max_gap_bars = 2;
  const std::vector<Trade> trades = tape.trades();
  ASSERT_EQ(trades.size(), 1u);
  EXPECT_EQ(trades[0].exit_time_ns, tape.time(2));
  EXPECT_EQ(trades[0].exit_price, 12);
  EXPECT_EQ(trades[0].reason, ExitReason::gap);
}

TEST(Orders, AHoleAsLongAsAllowedIsHeldThrough) {
  Tape tape(Tape::flats({10, 10, 10, 50, 50}), kHour);
  tape.entry_long({0}).hole_before(3, 2);
  tape.rules.max_gap_bars = 2;
  EXPECT_EQ(tape.trades().at(0).reason, ExitReason::end);
  tape.rules.max_gap_bars = 0;  // off
  tape.hole_before(3, 100);
  EXPECT_EQ(tape.trades().at(0).reason, ExitReason::end);
}

TEST(Orders, AWeekendOfDailyBarsIsNoHole) {
  Tape tape(Tape::flats({10, 10, 10, 50, 50}));
  tape.entry_long({0}).hole_before(3, 4);
  tape.rules.max_gap_bars = 1;
  EXPECT_EQ(tape.trades().at(0).reason, ExitReason::end);
  tape.hole_before(3, 1);  // five days
  EXPECT_EQ(tape.trades().at(0).reason, ExitReason::gap);
}

TEST(Orders, SizeIsAShareOfTheEquityOrMoneyAndNeverMoreThanAll) {
  Tape tape(Tape::flats({10, 20, 20}));
  tape.entry_long({0});
  tape.rules.risk.size = 50;
  EXPECT_EQ(tape.trades().at(0).quantity, 25);
  tape.rules.risk.size = 300;
  EXPECT_EQ(tape.trades().at(0).quantity, 50);
  tape.rules.size = strategy::Size::money;
  EXPECT_EQ(tape.trades().at(0).quantity, 15);
  tape.rules.risk.size = 5000;
  EXPECT_EQ(tape.trades().at(0).quantity, 50);
  tape.rules.risk.size = 0;
  EXPECT_TRUE(tape.trades().empty());
}

TEST(Orders, BorrowIsPaidForEveryMidnightAShortIsHeldOver) {
  // Short 50 pieces at 20 on bar 1; two midnights before bar 3's open, each 1 % of 1000 and 1200.
  Tape tape(Tape::flats({20, 20, 24, 20, 20}));
  tape.rules.costs.borrow_per_day = 0.01;
  const SleeveOutcome out = tape.entry_short({0}).exit_short({2}).run();
  ASSERT_EQ(out.trades.size(), 1u);
  EXPECT_DOUBLE_EQ(out.trades[0].profit, -22);  // 0 - 10 - 12
  EXPECT_DOUBLE_EQ(out.equity[3], 978);
  EXPECT_EQ(tape.entry_short({}).entry_long({0}).exit_long({2}).trades().at(0).profit, 0);
}

TEST(Orders, BorrowAccruesPerCalendarDayAcrossAHole) {
  Tape tape(Tape::flats({20, 20, 20, 20}));
  tape.rules.costs.borrow_per_day = 0.01;
  tape.entry_short({0}).exit_short({1}).hole_before(2, 2);
  EXPECT_DOUBLE_EQ(tape.trades().at(0).profit, -30);  // three midnights of 1000
}

TEST(Orders, LongsPayFundingAtEachEightHoursCrossedAndShortsReceiveIt) {
  // Hourly bars from 00:00. Bought at 06:00, sold at 09:00: 08:00 is crossed once.
  Tape tape(std::vector<Ohlc>(12, Tape::flat(20)), kNsPerDay / 24);
  tape.rules.costs.funding_per_8h = 0.01;
  tape.entry_long({5}).exit_long({8});
  EXPECT_DOUBLE_EQ(tape.trades().at(0).profit, -10);
  tape.entry_long({}).entry_short({5}).exit_short({8});
  EXPECT_DOUBLE_EQ(tape.trades().at(0).profit, 10);
  tape.entry_short({7});  // entered at 08:00 exactly: nothing is crossed
  EXPECT_DOUBLE_EQ(tape.trades().at(0).profit, 0);
}

TEST(Orders, AnAccountWithoutEquityAtTheWorstPriceIsRuined) {
  // Short 50 at 20: 2000 of cash, all gone when the high reaches 40.
  Tape tape({Tape::flat(20), Tape::flat(20), {25, 41, 24, 26}, Tape::flat(20), Tape::flat(10)});
  const SleeveOutcome out = tape.entry_short({0, 2, 3}).run();
  EXPECT_TRUE(out.ruined);
  ASSERT_EQ(out.trades.size(), 1u);  // it trades no more
  EXPECT_EQ(out.trades[0].reason, ExitReason::ruin);
  EXPECT_EQ(out.trades[0].exit_price, 41);
  EXPECT_EQ(out.trades[0].profit, -1000);
  EXPECT_EQ(out.equity, (std::vector<double>{1000, 1000, 0, 0, 0}));
}

TEST(Orders, AStopBeforeTheWorstPricePreventsRuin) {
  Tape tape({Tape::flat(20), Tape::flat(20), {25, 41, 24, 26}, Tape::flat(20)});
  tape.rules.risk.stop_loss = 0.5;  // at 30
  const SleeveOutcome out = tape.entry_short({0}).run();
  EXPECT_FALSE(out.ruined);
  EXPECT_EQ(out.equity.back(), 500);
}

TEST(Orders, AnExitThatLeavesNoEquityIsRuin) {
  Tape tape({Tape::flat(20), Tape::flat(20), Tape::flat(20), {45, 45, 45, 45}});
  const SleeveOutcome out = tape.entry_short({0}).exit_short({2}).run();
  EXPECT_TRUE(out.ruined);
  EXPECT_EQ(out.trades.at(0).reason, ExitReason::ruin);
  EXPECT_EQ(out.equity.back(), 0);
}

TEST(Orders, CuttingTheFutureOffChangesNothingBeforeTheCut) {
  Tape tape({Tape::flat(10),
             {20, 22, 19, 21},
             {22, 24, 21, 23},
             {25, 26, 24, 24},
             Tape::flat(9),
             {12, 15, 11, 14},
             Tape::flat(16),
             Tape::flat(13)});
  tape.rules.risk = {.size = 100, .stop_loss = 0.3, .take_profit = 0.2};
  tape.entry_long({0, 4}).exit_long({3}).entry_short({6});
  const std::vector<double> whole = tape.run().equity;
  for (std::size_t end = 2; end < whole.size(); ++end) {
    tape.span.end = end;
    const std::vector<double> cut = tape.run().equity;
    for (std::size_t bar = 0; bar + 1 < end; ++bar) EXPECT_EQ(cut[bar], whole[bar]) << end;
  }
}

}  // namespace
}  // namespace mendel::backtest
