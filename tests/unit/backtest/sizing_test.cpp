// How much an entry buys: "Sizes" of docs/metrics.md. Prices are chosen so that a reader can
// follow.
#include "shared/backtest/sizing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/backtest/tape.hpp"

namespace mendel::backtest {
namespace {

using strategy::Size;

Sizing sizing(Size size, double value, strategy::AccountLimits limits = {}) {
  return {size, value, limits};
}

// A long at 20 with 1000 of equity.
Entry entry() { return {Side::long_side, 20, 1000, std::nullopt, 0}; }

TEST(Sizing, ASharePaysItsEntryFee) {
  EXPECT_EQ(quantity_of(sizing(Size::percent_of_equity, 100), entry(), {.fee = 0.25}), 40);
  EXPECT_EQ(quantity_of(sizing(Size::percent_of_equity, 50), entry(), {}), 25);
}

TEST(Sizing, MoneyIsSpentUpToTheEquity) {
  EXPECT_EQ(quantity_of(sizing(Size::money, 300), entry(), {}), 15);
  EXPECT_EQ(quantity_of(sizing(Size::money, 5000), entry(), {}), 50);
}

TEST(Sizing, MaxLeverageCapsEverySize) {
  const strategy::AccountLimits twice = {.max_leverage = 2};
  EXPECT_EQ(quantity_of(sizing(Size::percent_of_equity, 150, twice), entry(), {}), 75);
  EXPECT_EQ(quantity_of(sizing(Size::percent_of_equity, 300, twice), entry(), {}), 100);
  EXPECT_EQ(quantity_of(sizing(Size::money, 1500, twice), entry(), {}), 75);
  EXPECT_EQ(quantity_of(sizing(Size::money, 9000, twice), entry(), {}), 100);
  Entry close = entry();
  close.stop = 19.999;
  EXPECT_EQ(quantity_of(sizing(Size::risk_percent, 1, twice), close, {}), 100);
  close.volatility = 0.001;
  EXPECT_EQ(quantity_of(sizing(Size::volatility_target, 20, twice), close, {}), 100);
  const strategy::AccountLimits half = {.max_leverage = 0.5};
  EXPECT_EQ(quantity_of(sizing(Size::percent_of_equity, 100, half), entry(), {}), 25);
}

TEST(Sizing, RiskPercentIsWhatTheStopCosts) {
  Entry risky = entry();
  risky.stop = 15;
  EXPECT_EQ(quantity_of(sizing(Size::risk_percent, 10), risky, {}), 20);  // 100 / 5
  risky.side = Side::short_side;
  risky.stop = 25;
  EXPECT_EQ(quantity_of(sizing(Size::risk_percent, 10), risky, {}), 20);
}

TEST(Sizing, RiskPercentLosesThatShareWithFeesAndSlippage) {
  for (const Side side : {Side::long_side, Side::short_side}) {
    const bool is_long = side == Side::long_side;
    Tape tape({Tape::flat(100), Tape::flat(100),
               is_long ? Ohlc{100, 100, 80, 85} : Ohlc{100, 130, 100, 120}, Tape::flat(100)});
    tape.rules.costs = {.fee = 0.001, .slippage = 0.002};
    tape.rules.risk = {.size = 2, .stop_loss = 0.1};
    tape.rules.size = Size::risk_percent;
    (is_long ? tape.entry_long({0}) : tape.entry_short({0}));
    const Trade trade = tape.trades().at(0);
    EXPECT_EQ(trade.reason, ExitReason::stop);
    EXPECT_NEAR(trade.profit, -20, 1e-10);  // 2 % of 1000
  }
}

TEST(Sizing, RiskPercentReadsTheNearestStopATrailingOneIncluded) {
  Tape tape(Tape::flats({100, 100, 100}));
  tape.signals.atr = {5, 5, 5};
  tape.rules.size = Size::risk_percent;
  tape.rules.risk = {.size = 1, .stop_loss = 0.25, .trailing_stop = 0.125};
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).quantity, 10 / 12.5);
  tape.rules.risk = {.size = 1, .stop_loss = 0.25, .stop_loss_atr = 2};
  EXPECT_EQ(tape.trades().at(0).quantity, 1);
}

TEST(Sizing, RiskPercentWithoutAStopIsNoEntry) {
  EXPECT_EQ(quantity_of(sizing(Size::risk_percent, 10), entry(), {}), 0);
}

TEST(Sizing, AStopAtTheFillIsCappedByTheLeverage) {
  Entry at_fill = entry();
  at_fill.stop = 20;
  EXPECT_EQ(quantity_of(sizing(Size::risk_percent, 10), at_fill, {}), 50);
}

TEST(Sizing, VolatilityTargetDividesByTheYearsVolatility) {
  Entry calm = entry();
  calm.volatility = 0.5;
  EXPECT_EQ(quantity_of(sizing(Size::volatility_target, 25), calm, {}), 25);  // half of the equity
  calm.volatility = 0;
  EXPECT_EQ(quantity_of(sizing(Size::volatility_target, 25), calm, {}), 50);  // the cap
}

TEST(Sizing, AnUndefinedVolatilityIsNoEntry) {
  Entry early = entry();
  early.volatility = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(quantity_of(sizing(Size::volatility_target, 25), early, {}), 0);
}

TEST(Sizing, TheVolatilityIsTheSignalBarsAndAnnualised) {
  Tape tape(Tape::flats({20, 20, 20, 20}));
  tape.rules.periods_per_year = 256;
  tape.rules.risk.size = 25;
  tape.rules.size = Size::volatility_target;
  tape.signals.daily_volatility = {0.03125, 1, 1, 1};  // a year's: 0.03125 * 16 = 0.5
  EXPECT_EQ(tape.entry_long({0}).trades().at(0).quantity, 25);
}

TEST(Sizing, LotsAreRoundedDown) {
  EXPECT_EQ(quantity_of(sizing(Size::money, 399, {.lot_step = 1}), entry(), {}), 19);
  EXPECT_EQ(quantity_of(sizing(Size::money, 399, {.lot_step = 0.5}), entry(), {}), 19.5);
  EXPECT_EQ(quantity_of(sizing(Size::money, 19, {.lot_step = 1}), entry(), {}), 0);
}

TEST(Sizing, AQuantityThatOnlyRoundingKeepsBelowALotIsThatLot) {
  Entry coin = entry();
  coin.fill = 100;
  EXPECT_LT(0.3 / 0.1, 3);
  EXPECT_EQ(quantity_of(sizing(Size::money, 30, {.lot_step = 0.1}), coin, {}), 3 * 0.1);
}

TEST(Sizing, ASmallerNotionalThanAllowedIsNoEntry) {
  EXPECT_EQ(quantity_of(sizing(Size::money, 100, {.min_notional = 100}), entry(), {}), 5);
  EXPECT_EQ(quantity_of(sizing(Size::money, 99, {.min_notional = 100}), entry(), {}), 0);
  // Judged after lots: 119 buys five pieces, 100 of money.
  EXPECT_EQ(
      quantity_of(sizing(Size::money, 119, {.lot_step = 1, .min_notional = 101}), entry(), {}), 0);
}

TEST(Sizing, AReversalWhoseEntryIsTooSmallOnlyCloses) {
  Tape tape(Tape::flats({100, 100, 60, 60, 60}));
  tape.rules.limits.min_notional = 700;
  const SleeveOutcome out = tape.entry_long({0}).entry_short({1}).run();
  ASSERT_EQ(out.trades.size(), 1u);
  EXPECT_EQ(out.trades[0].reason, ExitReason::reversal);
  EXPECT_EQ(out.equity.back(), 600);
}

TEST(Leverage, BorrowsForLongsWithoutInterest) {
  Tape tape(Tape::flats({100, 100, 110, 120}));
  tape.rules.risk.size = 300;
  tape.rules.limits.max_leverage = 3;
  const SleeveOutcome out = tape.entry_long({0}).run();
  EXPECT_EQ(out.trades.at(0).quantity, 30);
  EXPECT_EQ(out.equity, (std::vector<double>{1000, 1000, 1300, 1600}));
}

TEST(Leverage, ALongIsRuinedWhenTheWorstPriceTakesTheEquity) {
  Tape tape({Tape::flat(100), Tape::flat(100), {100, 100, 50, 90}, Tape::flat(100)});
  tape.rules.risk.size = 200;
  tape.rules.limits.max_leverage = 2;
  const SleeveOutcome out = tape.entry_long({0, 2}).run();
  EXPECT_TRUE(out.ruined);
  ASSERT_EQ(out.trades.size(), 1u);
  EXPECT_EQ(out.trades[0].reason, ExitReason::ruin);
  EXPECT_EQ(out.trades[0].exit_price, 50);
  EXPECT_EQ(out.trades[0].profit, -1000);
  EXPECT_EQ(out.equity, (std::vector<double>{1000, 1000, 0, 0}));
}

TEST(Leverage, AStopBeforeTheWorstPricePreventsItsRuin) {
  Tape tape({Tape::flat(100), Tape::flat(100), {100, 100, 50, 90}, Tape::flat(100)});
  tape.rules.risk = {.size = 200, .stop_loss = 0.25};
  tape.rules.limits.max_leverage = 2;
  const SleeveOutcome out = tape.entry_long({0}).run();
  EXPECT_FALSE(out.ruined);
  EXPECT_EQ(out.equity.back(), 500);
}

}  // namespace
}  // namespace mendel::backtest
