#include "shared/kernel/touches.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "shared/base/check.hpp"

namespace mendel::kernel {
namespace {

using backtest::Side;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A stop that follows the price, as backtest::follow() moves it, on the way through the bars.
template <Side kSide>
struct Trail {
  static constexpr bool kLong = kSide == Side::long_side;
  double best;
  double stop;  // beyond all prices if there is none
  double target;
  double factor;    // of the best price: the stop at a share of it; beyond all if that is off
  double distance;  // likewise from the best price

  explicit Trail(const backtest::Levels& levels)
      : best(levels.best),
        stop(levels.stop.value_or(kLong ? -kInfinity : kInfinity)),
        target(levels.target.value_or(kLong ? kInfinity : -kInfinity)),
        factor(levels.trailing_share > 0
                   ? (kLong ? 1 - levels.trailing_share : 1 + levels.trailing_share)
                   : (kLong ? -kInfinity : kInfinity)),
        distance(levels.trails_distance ? levels.trailing_distance : kInfinity) {}

  bool touches(double low, double high) const {
    return kLong ? low <= stop || high >= target : high >= stop || low <= target;
  }
  void follow(double low, double high) {
    if constexpr (kLong) {
      best = std::max(best, high);
      stop = std::max({stop, best * factor, best - distance});
    } else {
      best = std::min(best, low);
      stop = std::min({stop, best * factor, best + distance});
    }
  }
};

// As first_touch() has it.
template <Side kSide>
std::size_t follow_trail(Trail<kSide>& trail, const Reaches& reaches, std::size_t begin,
                         std::size_t end) {
  for (std::size_t bar = begin; bar < end;) {
    const std::size_t next = std::min(end, (bar / Reaches::kWide + 1) * Reaches::kWide);
    if (next - bar == Reaches::kWide) {
      // Behind its last bar the stop is nowhere farther from the price than at any before.
      const Reaches::Band band = reaches.of_wide(bar);
      Trail<kSide> behind = trail;
      behind.follow(band.least, band.most);
      if (!behind.touches(band.least, band.most)) {
        trail = behind;
        bar = next;
        continue;
      }
    }
    for (; bar < next; ++bar) {
      const double low = reaches.low(bar);
      const double high = reaches.high(bar);
      if (trail.touches(low, high)) return bar;
      trail.follow(low, high);
    }
  }
  return end;
}

template <Side kSide>
std::size_t first_touch(const Reaches& reaches, backtest::Levels& levels, std::size_t begin,
                        std::size_t end) {
  Trail<kSide> trail(levels);
  const std::size_t bar = follow_trail(trail, reaches, begin, end);
  levels.best = trail.best;
  if (levels.stop) levels.stop = trail.stop;
  return bar;
}

}  // namespace

std::size_t first_touch(const Tables& tables, Side side, backtest::Levels& levels,
                        std::size_t begin, std::size_t end) {
  const Reaches& reaches = tables.reaches();
  const bool is_long = side == Side::long_side;
  if (levels.trailing_share > 0 || levels.trails_distance) {
    return is_long ? first_touch<Side::long_side>(reaches, levels, begin, end)
                   : first_touch<Side::short_side>(reaches, levels, begin, end);
  }
  const std::optional<double>& below = is_long ? levels.stop : levels.target;
  const std::optional<double>& above = is_long ? levels.target : levels.stop;
  return reaches.first(begin, end, below.value_or(-kInfinity), above.value_or(kInfinity));
}

double fill_at_touch(const Tables& tables, Side side, const backtest::Levels& levels,
                     std::size_t bar, double slippage) {
  const market::SeriesView& series = tables.series();
  const double low = series.low[bar];
  const double high = series.high[bar];
  std::optional<backtest::Touch> touch = backtest::opens_beyond(levels, side, series.open[bar]);
  if (!touch) touch = backtest::touches_stop(levels, side, low, high);
  if (!touch) touch = backtest::touches_target(levels, side, low, high);
  check(touch.has_value(), "the bar reaches a level");
  if (touch->reason != backtest::ExitReason::stop) return touch->price;
  return touch->price * (side == Side::long_side ? 1 - slippage : 1 + slippage);
}

void Touches::begin(std::size_t block) {
  block_ = block;
  for (Entries& entries : entries_) {
    std::fill(entries.touches.begin(), entries.touches.end(), Touch{});
  }
}

void Touches::find(Side side, std::size_t bar, double entry) {
  Entries& entries = entries_[side == Side::long_side ? 0 : 1];
  Touch& touch = entries.touches[bar % kBlockBars];
  backtest::Levels& levels = entries.levels[bar % kBlockBars];
  const std::size_t end = std::min((block_ + 1) * kBlockBars, tables_.span().end);
  levels = backtest::levels_from(side, entry, rules_.risk, atr_ == nullptr ? 0 : atr_[bar - 1]);
  const std::size_t found = first_touch(tables_, side, levels, bar, end);
  touch.bar = static_cast<std::uint32_t>(found);
  if (found == end) return;
  touch.fill = fill_at_touch(tables_, side, levels, found, rules_.costs.slippage);
}

}  // namespace mendel::kernel
