// Levels: the stop and the target of a position, and whether a bar reaches them.
// Threads: pure functions.
#pragma once

#include <optional>

#include "shared/backtest/trade.hpp"

namespace mendel::backtest {

// Prices set from the fill after slippage; absent when switched off.
struct Levels {
  std::optional<double> stop;
  std::optional<double> target;
};

// Fractions of the fill price; 0 or less = off.
Levels levels_from(Side side, double fill, double stop_loss, double take_profit);

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
