#include "shared/backtest/levels.hpp"

namespace mendel::backtest {

namespace {

// Below a long's price, above a short's: the one nearer to it stays.
void set_stop(Levels& levels, Side side, double price) {
  const bool nearer =
      !levels.stop || (side == Side::long_side ? price > *levels.stop : price < *levels.stop);
  if (nearer) levels.stop = price;
}

void set_target(Levels& levels, Side side, double price) {
  const bool nearer =
      !levels.target || (side == Side::long_side ? price < *levels.target : price > *levels.target);
  if (nearer) levels.target = price;
}

void set_trailing_stop(Levels& levels, Side side) {
  const bool is_long = side == Side::long_side;
  const double share = levels.trailing_share;
  const double distance = levels.trailing_distance;
  if (share > 0) set_stop(levels, side, levels.best * (is_long ? 1 - share : 1 + share));
  if (levels.trails_distance) {
    set_stop(levels, side, is_long ? levels.best - distance : levels.best + distance);
  }
}

}  // namespace

Levels levels_from(Side side, double fill, const strategy::RiskValues& risk, double atr) {
  const double sign = side == Side::long_side ? 1 : -1;  // towards the gain
  Levels levels;
  if (risk.stop_loss > 0) set_stop(levels, side, fill * (1 - sign * risk.stop_loss));
  if (risk.stop_loss_atr > 0) set_stop(levels, side, fill - sign * (risk.stop_loss_atr * atr));
  if (risk.take_profit > 0) set_target(levels, side, fill * (1 + sign * risk.take_profit));
  if (risk.take_profit_atr > 0) {
    set_target(levels, side, fill + sign * (risk.take_profit_atr * atr));
  }
  levels.best = fill;
  levels.trailing_share = risk.trailing_stop;
  levels.trails_distance = risk.trailing_stop_atr > 0;
  if (levels.trails_distance) levels.trailing_distance = risk.trailing_stop_atr * atr;
  set_trailing_stop(levels, side);
  return levels;
}

void follow(Levels& levels, Side side, double low, double high) {
  const bool is_long = side == Side::long_side;
  if (is_long ? high <= levels.best : low >= levels.best) return;
  levels.best = is_long ? high : low;
  set_trailing_stop(levels, side);
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
