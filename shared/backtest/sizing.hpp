// Sizing: how much an entry buys or sells. The four sizes, capped by the leverage, rounded down to
// lots. Every formula is in docs/metrics.md, "Sizes".
// Threads: pure functions.
#pragma once

#include <optional>

#include "shared/backtest/account.hpp"
#include "shared/backtest/trade.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::backtest {

struct Sizing {
  strategy::Size size = strategy::Size::percent_of_equity;
  double value = 100;  // percent, money, percent, percent a year
  strategy::AccountLimits limits;
};

// What is known when an entry fills.
struct Entry {
  Side side = Side::long_side;
  double fill = 0;             // after slippage
  double equity = 0;           // of the sleeve, before the entry fee
  std::optional<double> stop;  // the first stop of the position
  double volatility = 0;       // a year's, as a fraction, at the signal's bar; NaN = undefined
};

// 0 = no entry: nothing to spend, less than a lot or than min_notional, a risk without a stop, an
// undefined volatility.
double quantity_of(const Sizing& sizing, const Entry& entry, const Costs& costs);

}  // namespace mendel::backtest
