// Levels: the stop and the target of a position, and whether a bar reaches them.
// Threads: pure functions; one position's levels belong to one thread.
#pragma once

#include <optional>

#include "shared/backtest/trade.hpp"
#include "shared/strategy/program.hpp"

namespace mendel::backtest {

// Prices, absent when switched off. Of several stops the nearest to the price counts, and of
// several targets too; every formula is in docs/metrics.md, "Levels".
struct Levels {
  std::optional<double> stop;
  std::optional<double> target;
  // The trailing part: the stop follows the best price since the fill at these distances.
  double best = 0;
  double trailing_share = 0;     // of the best price; 0 = off
  double trailing_distance = 0;  // in money
  bool trails_distance = false;
};

// From the fill after slippage; `atr` is that of the signal's bar, read only by multiples that are
// on.
Levels levels_from(Side side, double fill, const strategy::RiskValues& risk, double atr);

// A bar was held to its end: a trailing stop follows its extreme from the next bar on.
void follow(Levels& levels, Side side, double low, double high);

// Where inside a bar a level closes the position. Only a stop's fill slips.
struct Touch {
  double price = 0;
  ExitReason reason = ExitReason::stop;
};

// The bar opens at or beyond a level: the fill is its open. The stop is looked at first.
std::optional<Touch> opens_beyond(const Levels& levels, Side side, double open);
// The bar reaches the stop or the target: the fill is the level.
std::optional<Touch> touches_stop(const Levels& levels, Side side, double low, double high);
std::optional<Touch> touches_target(const Levels& levels, Side side, double low, double high);

}  // namespace mendel::backtest
