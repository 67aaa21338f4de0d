#include "shared/backtest/levels.hpp"

namespace mendel::backtest {

Levels levels_from(Side side, double fill, double stop_loss, double take_profit) {
  const bool is_long = side == Side::long_side;
  Levels levels;
  if (stop_loss > 0) levels.stop = is_long ? fill * (1 - stop_loss) : fill * (1 + stop_loss);
  if (take_profit > 0) {
    levels.target = is_long ? fill * (1 + take_profit) : fill * (1 - take_profit);
  }
  return levels;
}

std::optional<Touch> opens_beyond(const Levels& levels, Side side, double open) {
  if (touches_stop(levels, side, open, open)) return Touch{open, ExitReason::stop};
  if (touches_target(levels, side, open, open)) return Touch{open, ExitReason::target};
  return std::nullopt;
}

std::optional<Touch> touches_stop(const Levels& levels, Side side, double low, double high) {
  if (!levels.stop) return std::nullopt;
  const bool reached = side == Side::long_side ? low <= *levels.stop : high >= *levels.stop;
  return reached ? std::optional(Touch{*levels.stop, ExitReason::stop}) : std::nullopt;
}

std::optional<Touch> touches_target(const Levels& levels, Side side, double low, double high) {
  if (!levels.target) return std::nullopt;
  const bool reached = side == Side::long_side ? high >= *levels.target : low <= *levels.target;
  return reached ? std::optional(Touch{*levels.target, ExitReason::target}) : std::nullopt;
}

}  // namespace mendel::backtest
