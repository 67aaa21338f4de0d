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

void set_growth(const Totals& totals, Metrics& out) {
  const double ratio = totals.final_equity / totals.starting_equity;
  out.set(Metric::total_return, ratio - 1);
  const double yearly = pow_exact(ratio, kDaysPerYear / totals.calendar_days) - 1;
  if (yearly <= kLargest) return out.set(Metric::cagr, yearly);
  out.undefine(Metric::cagr, Undefined::too_few_days);  // a few days of gains overflow a year
}

void set_drawdown(const Totals& totals, Metrics& out) {
  out.set(Metric::max_drawdown, totals.deepest);
  out.set(Metric::max_drawdown_bars, static_cast<double>(totals.longest));
  if (totals.longest == 0) return out.undefine(Metric::calmar_ratio, Undefined::no_drawdown);
  const std::optional<double> yearly = out.get(Metric::cagr);
  if (yearly && *yearly / totals.deepest <= kLargest) {
    return out.set(Metric::calmar_ratio, *yearly / totals.deepest);
  }
  out.undefine(Metric::calmar_ratio, Undefined::too_few_days);
}

void set_trades(const Totals& totals, Metrics& out) {
  const auto count = static_cast<double>(totals.trades);
  out.set(Metric::trade_count, count);
  if (totals.trades == 0) {
    for (Metric metric : {Metric::win_rate, Metric::profit_factor, Metric::average_trade}) {
      out.undefine(metric, Undefined::no_trade);
    }
    return;
  }
  out.set(Metric::win_rate, static_cast<double>(totals.wins) / count);
  out.set(Metric::average_trade, totals.returns / count);
  if (totals.lost == 0) return out.undefine(Metric::profit_factor, Undefined::no_losing_trade);
  out.set(Metric::profit_factor, totals.gains / -totals.losses);
}

void set_activity(const Totals& totals, Metrics& out) {
  const auto bars = static_cast<double>(totals.bars);
  const double years = totals.calendar_days / kDaysPerYear;
  out.set(Metric::exposure, static_cast<double>(totals.held_bars) / bars);
  out.set(Metric::turnover, totals.traded / (totals.equity_sum / bars) / years);
}

Totals totals_of(const Curve& curve) {
  Totals totals;
  totals.starting_equity = curve.starting_equity;
  totals.final_equity = curve.equity.back();
  totals.calendar_days = calendar_days(curve.time_ns[curve.first_tradable], curve.time_ns.back());
  double peak = curve.starting_equity;
  std::int64_t run = 0;
  for (double equity : curve.equity) {
    run = equity < peak ? run + 1 : 0;
    totals.longest = std::max(totals.longest, run);
    peak = std::max(peak, equity);
    totals.deepest = std::max(totals.deepest, (peak - equity) / peak);
  }
  for (std::size_t i = curve.first_tradable; i < curve.equity.size(); ++i) {
    ++totals.bars;
    totals.held_bars += curve.held[i];
    totals.equity_sum += curve.equity[i];
  }
  for (const Trade& trade : curve.trades) {
    totals.add_trade(trade.quantity * trade.entry_price, trade.quantity * trade.exit_price,
                     trade.profit, trade.equity_at_entry);
  }
  return totals;
}

}  // namespace

double calendar_days(std::int64_t first_ns, std::int64_t last_ns) {
  return static_cast<double>(day_of(last_ns) - day_of(first_ns) + 1);
}

void set_returns(const std::vector<double>& returns, double periods_per_year, Metrics& out) {
  set_deviation_ratios(returns, periods_per_year, out);
  set_sortino(returns, periods_per_year, out);
}

void set_totals(const Totals& totals, Metrics& out) {
  set_growth(totals, out);
  set_drawdown(totals, out);
  set_trades(totals, out);
  set_activity(totals, out);
}

Metrics metrics_of(const Curve& curve, double periods_per_year) {
  return metrics_of(curve, daily_returns(curve), periods_per_year);
}

Metrics metrics_of(const Curve& curve, const std::vector<double>& returns,
                   double periods_per_year) {
  Metrics out;
  if (curve.equity.empty()) {
    for (std::size_t i = 0; i < market::kMetricCount; ++i) {
      out.undefine(static_cast<Metric>(i), Undefined::no_bars);
    }
    return out;
  }
  set_returns(returns, periods_per_year, out);
  set_totals(totals_of(curve), out);
  return out;
}

}  // namespace mendel::backtest
