#include "shared/backtest/account.hpp"

#include <gtest/gtest.h>

#include "shared/base/time.hpp"

namespace mendel::backtest {
namespace {

TEST(Account, TheSumOfProfitsIsTheChangeOfEquity) {
  Account account("X", 1000, {0.001, 0.0005, 0.0001, 0.0002});
  account.enter(Side::long_side, 31.5, account.entry_fill(Side::long_side, 31.7), {0, 0});
  account.accrue(0, 3 * kNsPerDay, 30.9);
  account.exit_market(33.3, ExitReason::signal, {1, 3 * kNsPerDay});
  account.enter(Side::short_side, 20, account.entry_fill(Side::short_side, 33.3),
                {1, 3 * kNsPerDay});
  account.accrue(3 * kNsPerDay, 9 * kNsPerDay, 30.9);
  account.exit_limit(29.1, ExitReason::target, {2, 9 * kNsPerDay});
  double profits = 0;
  for (const Trade& trade : account.trades()) profits += trade.profit;
  EXPECT_NEAR(account.equity_at(1), 1000 + profits, 1e-9);
}

TEST(Account, CountsTheBoundariesWithinAnInterval) {
  EXPECT_EQ(boundaries_crossed(0, 10, 5), 2);  // 5, 10
  EXPECT_EQ(boundaries_crossed(5, 9, 5), 0);   // the start is not part of it
  EXPECT_EQ(boundaries_crossed(4, 5, 5), 1);   // the end is
  EXPECT_EQ(boundaries_crossed(-6, 0, 5), 2);  // -5, 0
}

TEST(Account, EveryReasonHasItsName) {
  EXPECT_EQ(reason_name(ExitReason::signal), "signal");
  EXPECT_EQ(reason_name(ExitReason::end), "end");
  EXPECT_EQ(side_name(Side::short_side), "short");
}

}  // namespace
}  // namespace mendel::backtest
