#include "shared/backtest/curve.hpp"

#include <gtest/gtest.h>

#include "shared/base/time.hpp"

namespace mendel::backtest {
namespace {

constexpr std::int64_t kHour = kNsPerDay / 24;

Curve curve(double start, std::vector<std::int64_t> times, std::vector<double> equity) {
  Curve made;
  made.starting_equity = start;
  made.held.assign(equity.size(), 0);
  made.carried.assign(equity.size(), 0);
  made.time_ns = std::move(times);
  made.equity = std::move(equity);
  return made;
}

Trade trade(std::string symbol, std::int64_t exit_time_ns) {
  Trade made;
  made.symbol = std::move(symbol);
  made.exit_time_ns = exit_time_ns;
  return made;
}

TEST(Curve, ADayIsItsLastMarkAndTheFirstDayStartsFromTheEquity) {
  const Curve days = curve(100, {0, kHour, 23 * kHour, 24 * kHour, 25 * kHour, 72 * kHour},
                           {50, 500, 200, 1, 100, 150});
  EXPECT_EQ(daily_returns(days), (std::vector<double>{1.0, -0.5, 0.5}));
}

TEST(Curve, DaysAfterRuinReturnZero) {
  EXPECT_EQ(daily_returns(curve(100, {0, 24 * kHour, 48 * kHour}, {100, 0, 0})),
            (std::vector<double>{0, -1, 0}));
}

TEST(Curve, ThePortfolioCarriesTheLastMarkOverTheUnionOfBarTimes) {
  const Curve sum =
      portfolio_of({curve(100, {1, 3, 4}, {110, 120, 130}), curve(100, {2, 3, 5}, {90, 80, 70})});
  EXPECT_EQ(sum.starting_equity, 200);
  EXPECT_EQ(sum.time_ns, (std::vector<std::int64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(sum.equity, (std::vector<double>{210, 200, 200, 210, 200}));
}

TEST(Curve, ThePortfolioIsTradableAndHeldWhenAnySleeveIs) {
  Curve early = curve(1, {1, 2, 3, 4}, {1, 1, 1, 1});
  Curve late = early;
  early.first_tradable = 2;
  late.first_tradable = 1;
  late.held = {0, 0, 1, 0};
  const Curve sum = portfolio_of({early, late});
  EXPECT_EQ(sum.first_tradable, 1u);
  EXPECT_EQ(sum.held, (std::vector<std::uint8_t>{0, 0, 1, 0}));
}

// What `end` or `gap` closed is held on its own bar and never behind it; what stays open is
// carried.
TEST(Curve, ThePortfolioCarriesOnlyPositionsThatStayOpen) {
  Curve closed = curve(1, {1, 2}, {1, 1});
  closed.held = {1, 1};
  closed.carried = {1, 0};
  Curve open = curve(1, {1, 5}, {1, 1});
  const Curve flat = curve(1, {1, 2, 3, 4, 5}, {1, 1, 1, 1, 1});
  EXPECT_EQ(portfolio_of({closed, flat}).held, (std::vector<std::uint8_t>{1, 1, 0, 0, 0}));
  open.held = {1, 1};
  open.carried = {1, 0};
  EXPECT_EQ(portfolio_of({open, flat}).held, (std::vector<std::uint8_t>{1, 1, 1, 1, 1}));
}

TEST(Curve, TradesArePooledByExitTimeThenInTheOrderOfTheSymbols) {
  Curve a = curve(1, {1}, {1});
  Curve b = a;
  a.trades = {trade("a", 5), trade("a", 9)};
  b.trades = {trade("b", 2), trade("b", 5)};
  std::string order;
  for (const Trade& pooled : portfolio_of({a, b}).trades) order += pooled.symbol;
  EXPECT_EQ(order, "baba");
}

}  // namespace
}  // namespace mendel::backtest
