#include "tests/bench/plain_scalar.hpp"

#include <cmath>

namespace mendel::bench {
namespace {

struct Levels {
  double stop = 0;
  double target = 0;
};

void set_returns(double sum, double squares, std::int64_t days, double periods_per_year,
                 PlainResult& out) {
  const auto count = static_cast<double>(days);
  const double mean = sum / count;
  out.sharpe_ratio =
      mean / std::sqrt((squares - count * mean * mean) / (count - 1)) * std::sqrt(periods_per_year);
}

// `wants` says whether the strategy wants to be long after a bar's close, given whether it was
// wanted before.
template <bool kLevels, class Wants>
PlainResult pass(const PlainBars& bars, const Wants& wants, double fee, Levels levels,
                 double periods_per_year) {
  PlainResult result;
  double cash = 10000;
  double quantity = 0;
  double entry_equity = 0;
  double stop = 0;
  double target = 0;
  double peak = cash;
  double before = cash;
  double sum = 0;
  double squares = 0;
  double gains = 0;
  double losses = 0;
  double deepest = 0;
  std::int64_t days = 0;
  bool wanted = false;
  const auto close_at = [&](double price) {
    cash = quantity * price * (1 - fee);
    quantity = 0;
    const double profit = cash - entry_equity;
    ++result.trades;
    if (profit > 0) {
      ++result.wins;
      gains += profit;
    } else {
      losses -= profit;
    }
  };
  const std::size_t size = bars.close.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (wanted && quantity == 0) {
      entry_equity = cash;
      quantity = cash / (bars.open[i] * (1 + fee));
      cash = 0;
      if (kLevels) {
        stop = bars.open[i] * (1 - levels.stop);
        target = bars.open[i] * (1 + levels.target);
      }
    } else if (!wanted && quantity != 0) {
      close_at(bars.open[i]);
    }
    if (kLevels && quantity != 0) {
      if (bars.low[i] <= stop) {
        close_at(bars.open[i] < stop ? bars.open[i] : stop);
      } else if (bars.high[i] >= target) {
        close_at(bars.open[i] > target ? bars.open[i] : target);
      }
    }
    const double equity = quantity != 0 ? quantity * bars.close[i] : cash;
    if (equity > peak) peak = equity;
    const double drawdown = (peak - equity) / peak;
    if (drawdown > deepest) deepest = drawdown;
    if (bars.day_ends[i]) {
      const double r = equity / before - 1;
      sum += r;
      squares += r * r;
      before = equity;
      ++days;
    }
    wanted = wants(i, wanted);
  }
  if (quantity != 0) close_at(bars.close[size - 1]);
  set_returns(sum, squares, days, periods_per_year, result);
  result.total_return = cash / 10000 - 1;
  result.max_drawdown = deepest;
  result.profit_factor = gains / losses;
  return result;
}

// Likewise with a share of the equity, of either sign, and a stop that trails: `wants` gives the
// side, 1, 0 or -1.
template <bool kTrails, class Wants>
PlainResult general_pass(const PlainBars& bars, const Wants& wants, double fee, double share,
                         double trail, double periods_per_year) {
  PlainResult result;
  double cash = 10000;
  double quantity = 0;  // below 0 of a short
  double entry_equity = 0;
  double best = 0;
  double stop = 0;
  double peak = cash;
  double before = cash;
  double sum = 0;
  double squares = 0;
  double gains = 0;
  double losses = 0;
  double deepest = 0;
  std::int64_t days = 0;
  int wanted = 0;
  int side = 0;
  const auto close_at = [&](double price) {
    const double notional = quantity * price;
    cash += notional - std::abs(notional) * fee;
    quantity = 0;
    side = 0;
    const double profit = cash - entry_equity;
    ++result.trades;
    if (profit > 0) {
      ++result.wins;
      gains += profit;
    } else {
      losses -= profit;
    }
  };
  const std::size_t size = bars.close.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (wanted != side) {
      const double open = bars.open[i];
      if (side != 0) close_at(open);
      if (wanted != 0) {
        side = wanted;
        entry_equity = cash;
        const double spent = share * cash / (1 + fee);
        quantity = side * spent / open;
        cash -= side * spent + spent * fee;
        if (kTrails) {
          best = open;
          stop = best * (1 - trail);
        }
      }
    }
    if (kTrails && side != 0) {
      if (bars.low[i] <= stop) {
        close_at(bars.open[i] < stop ? bars.open[i] : stop);
      } else if (bars.high[i] > best) {
        best = bars.high[i];
        stop = best * (1 - trail);
      }
    }
    const double equity = cash + quantity * bars.close[i];
    if (equity > peak) peak = equity;
    const double drawdown = (peak - equity) / peak;
    if (drawdown > deepest) deepest = drawdown;
    if (bars.day_ends[i]) {
      const double r = equity / before - 1;
      sum += r;
      squares += r * r;
      before = equity;
      ++days;
    }
    wanted = wants(i, wanted);
  }
  if (side != 0) close_at(bars.close[size - 1]);
  set_returns(sum, squares, days, periods_per_year, result);
  result.total_return = cash / 10000 - 1;
  result.max_drawdown = deepest;
  result.profit_factor = gains / losses;
  return result;
}

}  // namespace

PlainResult plain_averages(const PlainBars& bars, std::span<const double> fast,
                           std::span<const double> slow, double fee, double periods_per_year) {
  return pass<false>(
      bars, [&](std::size_t i, bool) { return fast[i] > slow[i]; }, fee, {}, periods_per_year);
}

PlainResult plain_levels(const PlainBars& bars, std::span<const double> fast,
                         std::span<const double> slow, double fee, double stop, double target,
                         double periods_per_year) {
  return pass<true>(
      bars, [&](std::size_t i, bool) { return fast[i] > slow[i]; }, fee, {stop, target},
      periods_per_year);
}

PlainResult plain_share(const PlainBars& bars, std::span<const double> fast,
                        std::span<const double> slow, double fee, double share,
                        double periods_per_year) {
  return general_pass<false>(
      bars, [&](std::size_t i, int) { return fast[i] > slow[i] ? 1 : 0; }, fee, share, 0,
      periods_per_year);
}

PlainResult plain_trailing(const PlainBars& bars, std::span<const double> fast,
                           std::span<const double> slow, double fee, double trail,
                           double periods_per_year) {
  return general_pass<true>(
      bars, [&](std::size_t i, int) { return fast[i] > slow[i] ? 1 : 0; }, fee, 1, trail,
      periods_per_year);
}

PlainResult plain_sides(const PlainBars& bars, std::span<const double> fast,
                        std::span<const double> slow, double fee, double periods_per_year) {
  const auto wants = [&](std::size_t i, int wanted) {
    return fast[i] > slow[i] ? 1 : fast[i] < slow[i] ? -1 : wanted;
  };
  return general_pass<false>(bars, wants, fee, 1, 0, periods_per_year);
}

PlainResult plain_four(const PlainBars& bars, std::span<const double> fast,
                       std::span<const double> slow, std::span<const double> strength,
                       double ceiling, std::span<const double> middle, std::span<const double> base,
                       bool exits_by_averages, double fee, double periods_per_year) {
  const auto wants = [&](std::size_t i, bool wanted) {
    if (wanted && exits_by_averages) return fast[i] > slow[i];
    return fast[i] > slow[i] && strength[i] < ceiling && bars.close[i] > middle[i] &&
           bars.close[i] > base[i];
  };
  return pass<false>(bars, wants, fee, {}, periods_per_year);
}

}  // namespace mendel::bench
