#include "shared/backtest/metrics_of.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "shared/base/elementary.hpp"
#include "shared/base/time.hpp"

namespace mendel::backtest {
namespace {

using market::Metric;
using market::Metrics;
using market::Undefined;

constexpr double kDaysPerYear = 365;
constexpr double kLargest = std::numeric_limits<double>::max();

// Central moments (sums, not yet divided) of the daily returns.
struct Moments {
  double count = 0;
  double mean = 0;
  double squares = 0;
  double cubes = 0;
  double fourths = 0;
};

Moments moments_of(const std::vector<double>& returns) {
  Moments moments;
  moments.count = static_cast<double>(returns.size());
  for (double r : returns) moments.mean += r;
  moments.mean /= moments.count;
  for (double r : returns) {
    const double d = r - moments.mean;
    moments.squares += d * d;
    moments.cubes += d * d * d;
    moments.fourths += d * d * d * d;
  }
  return moments;
}

void set_deviation_ratios(const std::vector<double>& returns, double periods, Metrics& out) {
  constexpr Metric kRatios[] = {Metric::sharpe_ratio, Metric::skewness, Metric::kurtosis};
  const auto [least, most] = std::minmax_element(returns.begin(), returns.end());
  if (returns.size() < 2 || *least == *most) {
    const Undefined reason = returns.size() < 2 ? Undefined::too_few_days : Undefined::no_variance;
    for (Metric metric : kRatios) out.undefine(metric, reason);
    return;
  }
  const Moments m = moments_of(returns);
  const double variance = m.squares / m.count;
  out.set(Metric::sharpe_ratio, m.mean / std::sqrt(m.squares / (m.count - 1)) * std::sqrt(periods));
  out.set(Metric::skewness, m.cubes / m.count / (variance * std::sqrt(variance)));
  out.set(Metric::kurtosis, m.fourths / m.count / (variance * variance));
}

void set_sortino(const std::vector<double>& returns, double periods, Metrics& out) {
  double sum = 0;
  double downside = 0;
  std::size_t losing_days = 0;
  for (double r : returns) {
    sum += r;
    if (!(r < 0)) continue;
    ++losing_days;
    downside += r * r;
  }
  if (returns.size() < 2) return out.undefine(Metric::sortino_ratio, Undefined::too_few_days);
  if (losing_days == 0) return out.undefine(Metric::sortino_ratio, Undefined::no_losing_day);
  const auto count = static_cast<double>(returns.size());
  out.set(Metric::sortino_ratio, sum / count / std::sqrt(downside / count) * std::sqrt(periods));
}

// Calendar days from the first to the last tradable day, both included.
double tradable_days(const Curve& curve) {
  const std::int64_t first = day_of(curve.time_ns[curve.first_tradable]);
  return static_cast<double>(day_of(curve.time_ns.back()) - first + 1);
}

void set_growth(const Curve& curve, Metrics& out) {
  const double ratio = curve.equity.back() / curve.starting_equity;
  out.set(Metric::total_return, ratio - 1);
  const double yearly = pow_exact(ratio, kDaysPerYear / tradable_days(curve)) - 1;
  if (yearly <= kLargest) return out.set(Metric::cagr, yearly);
  out.undefine(Metric::cagr, Undefined::too_few_days);  // a few days of gains overflow a year
}

void set_drawdown(const Curve& curve, Metrics& out) {
  double peak = curve.starting_equity;
  double deepest = 0;
  std::int64_t run = 0;
  std::int64_t longest = 0;
  for (double equity : curve.equity) {
    run = equity < peak ? run + 1 : 0;
    longest = std::max(longest, run);
    peak = std::max(peak, equity);
    deepest = std::max(deepest, (peak - equity) / peak);
  }
  out.set(Metric::max_drawdown, deepest);
  out.set(Metric::max_drawdown_bars, static_cast<double>(longest));
  if (longest == 0) return out.undefine(Metric::calmar_ratio, Undefined::no_drawdown);
  const std::optional<double> yearly = out.get(Metric::cagr);
  if (yearly && *yearly / deepest <= kLargest) {
    return out.set(Metric::calmar_ratio, *yearly / deepest);
  }
  out.undefine(Metric::calmar_ratio, Undefined::too_few_days);
}

void set_trades(const std::vector<Trade>& trades, Metrics& out) {
  double gains = 0;
  double losses = 0;
  double returns = 0;
  std::size_t wins = 0;
  std::size_t lost = 0;
  for (const Trade& trade : trades) {
    returns += trade.profit / trade.equity_at_entry;
    if (trade.profit > 0) {
      ++wins;
      gains += trade.profit;
    } else if (trade.profit < 0) {
      ++lost;
      losses += trade.profit;
    }
  }
  const auto count = static_cast<double>(trades.size());
  out.set(Metric::trade_count, count);
  if (trades.empty()) {
    for (Metric metric : {Metric::win_rate, Metric::profit_factor, Metric::average_trade}) {
      out.undefine(metric, Undefined::no_trade);
    }
    return;
  }
  out.set(Metric::win_rate, static_cast<double>(wins) / count);
  out.set(Metric::average_trade, returns / count);
  if (lost == 0) return out.undefine(Metric::profit_factor, Undefined::no_losing_trade);
  out.set(Metric::profit_factor, gains / -losses);
}

void set_activity(const Curve& curve, Metrics& out) {
  double held = 0;
  double equity = 0;
  for (std::size_t i = curve.first_tradable; i < curve.equity.size(); ++i) {
    held += curve.held[i];
    equity += curve.equity[i];
  }
  double traded = 0;
  for (const Trade& trade : curve.trades) {
    traded += trade.quantity * trade.entry_price;
    traded += trade.quantity * trade.exit_price;
  }
  const auto bars = static_cast<double>(curve.equity.size() - curve.first_tradable);
  const double years = tradable_days(curve) / kDaysPerYear;
  out.set(Metric::exposure, held / bars);
  out.set(Metric::turnover, traded / (equity / bars) / years);
}

}  // namespace

Metrics metrics_of(const Curve& curve, double periods_per_year) {
  Metrics out;
  if (curve.equity.empty()) {
    for (std::size_t i = 0; i < market::kMetricCount; ++i) {
      out.undefine(static_cast<Metric>(i), Undefined::no_bars);
    }
    return out;
  }
  const std::vector<double> returns = daily_returns(curve);
  set_deviation_ratios(returns, periods_per_year, out);
  set_sortino(returns, periods_per_year, out);
  set_growth(curve, out);
  set_drawdown(curve, out);
  set_trades(curve.trades, out);
  set_activity(curve, out);
  return out;
}

}  // namespace mendel::backtest
