#include "shared/kernel/tally.hpp"

#include <algorithm>
#include <cmath>

namespace mendel::kernel {
namespace {

using market::Metric;
using market::Metrics;
using market::Undefined;

// Central moments are taken from raw sums: below this share of them, cancellation would be seen.
constexpr double kSpreadLeast = 1e-2;

}  // namespace

Tally::Tally(const Tables& tables, double equity, double fee)
    : tables_(&tables),
      fee_(fee),
      cash_(equity),
      day_mark_(equity),
      peak_(equity),
      below_(tables.span().begin) {
  totals_.starting_equity = equity;
}

void Tally::add(const Stretches& stretches, std::size_t block, Monies& money) {
  const std::size_t begin = std::max(block * kBlockBars, tables_->span().begin);
  const std::size_t end = std::min((block + 1) * kBlockBars, tables_->span().end);
  count_money(stretches, money);
  count_extremes(stretches, money);
  count_falls(stretches, money, begin, end);
  count_days(stretches, money, begin, end);
  count_bars(stretches, money, begin, end);
}

void Tally::open(const Stretch& stretch) {
  quantity_ = cash_ / (stretch.entry * (1 + fee_));
  ruined_ |= !(quantity_ > 0);
  equity_at_entry_ = cash_;
  entry_price_ = stretch.entry;
  const double notional = quantity_ * entry_price_;
  entry_fee_ = notional * fee_;
  cash_ = cash_ - notional - entry_fee_;
}

void Tally::close(const Stretch& stretch) {
  const double notional = quantity_ * stretch.exit;
  const double fee = notional * fee_;
  cash_ = cash_ + notional - fee;
  ruined_ |= !(cash_ > 0);
  const double profit = quantity_ * (stretch.exit - entry_price_) - entry_fee_ - fee;
  totals_.add_trade(quantity_ * entry_price_, notional, profit, equity_at_entry_);
  quantity_ = 0;
}

void Tally::count_money(const Stretches& stretches, Monies& money) {
  for (std::size_t i = 0; i < stretches.count; ++i) {
    const Stretch& stretch = stretches.all[i];
    money[i].cash_before = cash_;
    if (stretch.opens) open(stretch);
    money[i].cash = cash_;
    money[i].quantity = quantity_;
    if (stretch.closes) close(stretch);
  }
}

void Tally::count_extremes(const Stretches& stretches, Monies& money) const {
  for (std::size_t i = 0; i < stretches.count; ++i) {
    const Stretch& stretch = stretches.all[i];
    if (stretch.begin == stretch.end) continue;
    const Extremes closes = tables_->extremes(stretch.begin, stretch.end);
    money[i].most = money[i].equity_at(closes.most);
    money[i].least = money[i].equity_at(closes.least);
  }
}

// Bar `end` is not below the peak: the run of bars below it, if there was one, ended.
inline void Tally::below_ended(std::size_t end) {
  if (end < below_ + longest_ + 1) return;
  longest_ = std::max(longest_, end - below_since());
}

inline void Tally::flat_falls(double cash, std::size_t begin, std::size_t end) {
  if (cash < peak_) {
    totals_.deepest = std::max(totals_.deepest, (peak_ - cash) / peak_);
    return;
  }
  below_ended(begin);
  peak_ = cash;
  below_ = end;
  peak_end_ = 0;
}

inline void Tally::held_falls(const Money& money, std::size_t begin, std::size_t end) {
  if (money.most < peak_) {
    totals_.deepest = std::max(totals_.deepest, (peak_ - money.least) / peak_);
    return;
  }
  if (money.least < money.most * (1 - totals_.deepest)) deepen(money, begin, end);
  // Its bars are only read where the longest time below a peak could grow.
  if (end - 1 > below_ + longest_ || end - 1 - begin > longest_) {
    return follow_peaks(money, begin, end);
  }
  peak_ = money.most;
  below_ = begin + 1;
  peak_end_ = end;
}

void Tally::count_falls(const Stretches& stretches, const Monies& money, std::size_t begin,
                        std::size_t end) {
  std::size_t bar = begin;
  for (std::size_t i = 0; i < stretches.count; ++i) {
    const Stretch& stretch = stretches.all[i];
    if (bar < stretch.begin) flat_falls(money[i].cash_before, bar, stretch.begin);
    if (stretch.begin < stretch.end) held_falls(money[i], stretch.begin, stretch.end);
    bar = stretch.end;
  }
  if (bar < end) flat_falls(cash_, bar, end);
}

// `days` ended since the last one at this equity, whose first moved from there; a day that starts
// with no equity returns 0, as the plain loop says.
inline void Tally::add_day(double equity, std::int64_t days) {
  const double r = day_mark_ > 0 ? equity / day_mark_ - 1 : 0.0;
  const double r2 = r * r;
  const bool loses = r < 0;
  powers_[0] += r;
  powers_[1] += r2;
  powers_[2] += r2 * r;
  powers_[3] += r2 * r2;
  powers_[4] += loses ? r2 : 0;
  powers_[5] += loses ? 1 : 0;
  moved_ |= r != 0;
  days_ += days;
  day_mark_ = equity;
}

void Tally::count_days(const Stretches& stretches, const Monies& money, std::size_t begin,
                       std::size_t end) {
  std::int64_t day = tables_->row(begin).days;
  for (std::size_t i = 0; i < stretches.count; ++i) {
    const Stretch& stretch = stretches.all[i];
    const std::int64_t opening = tables_->row(stretch.begin).days;
    if (day < opening) add_day(money[i].cash_before, opening - day);
    day = tables_->row(stretch.end).days;
    if (opening == day) continue;
    const DaySums& first = tables_->day(opening);
    add_day(money[i].equity_at(first.close), day - opening);
    if (day - opening == 1) continue;
    const DaySums& last = tables_->day(day - 1);
    for (std::size_t k = 0; k < kPowers; ++k) {
      powers_[k] += (last.sum[k] - first.sum[k]) + (last.rest[k] - first.rest[k]);
    }
    moved_ |= last.sum[1] > first.sum[1] || last.rest[1] != first.rest[1];
    day_mark_ = money[i].equity_at(last.close);
  }
  const std::int64_t ended = tables_->row(end).days - day;
  if (ended > 0) add_day(cash_, ended);
}

void Tally::count_bars(const Stretches& stretches, const Monies& money, std::size_t begin,
                       std::size_t end) {
  const std::size_t tradable = tables_->span().first_tradable;
  std::size_t bar = std::max(begin, tradable);
  for (std::size_t i = 0; i < stretches.count; ++i) {
    const Stretch& stretch = stretches.all[i];
    const auto held = static_cast<double>(stretch.end - stretch.begin);
    const double closes =
        tables_->row(stretch.end).close_sum - tables_->row(stretch.begin).close_sum;
    totals_.equity_sum += static_cast<double>(stretch.begin - bar) * money[i].cash_before;
    totals_.equity_sum += held * money[i].cash + money[i].quantity * closes;
    totals_.held_bars += stretch.end - stretch.begin + (stretch.at_close ? 1 : 0);
    bar = stretch.end;
  }
  if (bar < end) totals_.equity_sum += static_cast<double>(end - bar) * cash_;
}

// The bar behind the last bar at the peak, found where it was left open.
std::size_t Tally::below_since() {
  if (peak_end_ == 0) return below_;
  const std::size_t begin = below_ - 1;
  std::size_t best = begin;
  double most = tables_->row(begin).close;
  for (std::size_t bar = begin + 1; bar < peak_end_; ++bar) {
    if (tables_->row(bar).close < most) continue;
    most = tables_->row(bar).close;
    best = bar;
  }
  below_ = best + 1;
  peak_end_ = 0;
  return below_;
}

// The stretch reaches a new peak, bar by bar.
void Tally::follow_peaks(const Money& money, std::size_t begin, std::size_t end) {
  std::size_t since = below_since();
  for (std::size_t bar = begin; bar < end; ++bar) {
    const double equity = money.equity_at(tables_->row(bar).close);
    if (equity < peak_) continue;
    if (bar > since) longest_ = std::max(longest_, bar - since);
    peak_ = equity;
    since = bar + 1;
  }
  below_ = since;
  peak_end_ = 0;
}

// The stretch may fall deeper below a peak, its own or the one before, than any before it.
void Tally::deepen(const Money& money, std::size_t begin, std::size_t end) {
  double peak = peak_;
  for (std::size_t bar = begin; bar < end; ++bar) {
    const double equity = money.equity_at(tables_->row(bar).close);
    peak = std::max(peak, equity);
    if (equity < peak * (1 - totals_.deepest))
      totals_.deepest = std::max(totals_.deepest, (peak - equity) / peak);
  }
}

// The formulas of metrics_of.cpp, from sums of powers.
void Tally::set_days(double periods_per_year, Metrics& out) const {
  constexpr Metric kRatios[] = {Metric::sharpe_ratio, Metric::skewness, Metric::kurtosis};
  const auto count = static_cast<double>(days_);
  const double mean = powers_[0] / count;
  if (days_ < 2 || !moved_) {
    const Undefined reason = days_ < 2 ? Undefined::too_few_days : Undefined::no_variance;
    for (Metric metric : kRatios) out.undefine(metric, reason);
  } else {
    const double mean2 = mean * mean;
    const double squares = powers_[1] - count * mean2;
    const double cubes = powers_[2] - 3 * mean * powers_[1] + 2 * count * mean2 * mean;
    const double fourths =
        powers_[3] - 4 * mean * powers_[2] + 6 * mean2 * powers_[1] - 3 * count * mean2 * mean2;
    const double variance = squares / count;
    out.set(Metric::sharpe_ratio,
            mean / std::sqrt(squares / (count - 1)) * std::sqrt(periods_per_year));
    out.set(Metric::skewness, cubes / count / (variance * std::sqrt(variance)));
    out.set(Metric::kurtosis, fourths / count / (variance * variance));
  }
  if (days_ < 2) return out.undefine(Metric::sortino_ratio, Undefined::too_few_days);
  if (powers_[5] == 0) return out.undefine(Metric::sortino_ratio, Undefined::no_losing_day);
  out.set(Metric::sortino_ratio,
          mean / std::sqrt(powers_[4] / count) * std::sqrt(periods_per_year));
}

std::optional<Metrics> Tally::metrics(double periods_per_year) {
  if (ruined_) return std::nullopt;
  const double spread = powers_[1] - powers_[0] * powers_[0] / static_cast<double>(days_);
  if (moved_ && !(spread > kSpreadLeast * powers_[1])) return std::nullopt;
  const backtest::Span& span = tables_->span();
  const market::SeriesView& series = tables_->series();
  below_ended(span.end);
  backtest::Totals totals = totals_;
  totals.final_equity = cash_;
  totals.calendar_days =
      backtest::calendar_days(series.time_ns[span.first_tradable], series.time_ns[span.end - 1]);
  totals.longest = static_cast<std::int64_t>(longest_);
  totals.bars = static_cast<std::int64_t>(span.end - span.first_tradable);
  Metrics out;
  set_days(periods_per_year, out);
  backtest::set_totals(totals, out);
  return out;
}

}  // namespace mendel::kernel
