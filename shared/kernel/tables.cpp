#include "shared/kernel/tables.hpp"

#include <algorithm>
#include <limits>

#include "shared/backtest/account.hpp"
#include "shared/base/time.hpp"

namespace mendel::kernel {
namespace {

// Adds to a sum held in two doubles (Knuth's two-sum, then Dekker's fast one).
void add(double value, double& sum, double& rest) {
  const double total = sum + value;
  const double part = total - sum;
  const double lost = rest + ((sum - (total - part)) + (value - part));
  sum = total + lost;
  rest = lost - (sum - total);
}

DaySums next_day(const DaySums& before, double close, bool first) {
  DaySums day = before;
  day.close = close;
  if (first) return day;
  const double r = close / before.close - 1;
  const double r2 = r * r;
  const double terms[kPowers] = {r, r2, r2 * r, r2 * r2, r < 0 ? r2 : 0, r < 0 ? 1.0 : 0.0};
  for (std::size_t i = 0; i < kPowers; ++i) add(terms[i], day.sum[i], day.rest[i]);
  return day;
}

}  // namespace

HoldingCosts HoldingCosts::between(std::int64_t from_ns, std::int64_t to_ns, std::size_t bar) {
  const auto crossed = [&](std::int64_t period_ns) {
    return static_cast<double>(backtest::boundaries_crossed(from_ns, to_ns, period_ns));
  };
  return {bar, crossed(backtest::kFundingPeriodNs), crossed(kNsPerDay)};
}

Tables::Tables(const market::SeriesView& series, backtest::Span span,
               std::vector<std::size_t> holes)
    : series_(series),
      span_(span),
      holes_(std::move(holes)),
      ranges_(series.close.first(span.end)),
      reaches_(series.low.first(span.end), series.high.first(span.end)) {
  rows_.resize(span.end + 1);
  double sum = 0;
  double rest = 0;
  for (std::size_t bar = span.begin; bar < span.end; ++bar) {
    const double close = series.close[bar];
    BarRow& row = rows_[bar];
    row.open = series.open[bar];
    row.close = close;
    row.close_sum = sum;
    row.close_rest = static_cast<float>(rest);
    row.days = static_cast<std::int32_t>(days_.size());
    add(close, sum, rest);
    const bool day_ends =
        bar + 1 == span.end || day_of(series.time_ns[bar + 1]) != day_of(series.time_ns[bar]);
    if (!day_ends) continue;
    days_.push_back(next_day(days_.empty() ? DaySums{} : days_.back(), close, days_.empty()));
    day_closes_.push_back(close);
  }
  day_closes_.insert(day_closes_.end(), kDaysAtOnce, 0);
  BarRow& behind = rows_[span.end];
  behind.close_sum = sum;
  behind.close_rest = static_cast<float>(rest);
  behind.days = static_cast<std::int32_t>(days_.size());
  days_.push_back(days_.back());
  for (std::size_t bar = span.begin + 1; bar < span.end; ++bar) {
    const HoldingCosts costs =
        HoldingCosts::between(series.time_ns[bar - 1], series.time_ns[bar], bar);
    // A day's end is a period's end too.
    if (costs.funding_periods != 0) holding_costs_.push_back(costs);
  }
  holding_costs_.push_back({std::numeric_limits<std::size_t>::max(), 0, 0});
}

const HoldingCosts* Tables::holding_costs(std::size_t bar) const {
  return &*std::partition_point(holding_costs_.begin(), holding_costs_.end(),
                                [&](const HoldingCosts& costs) { return costs.bar < bar; });
}

std::size_t Tables::next_hole(std::size_t begin, std::size_t end) const {
  const auto found = std::lower_bound(holes_.begin(), holes_.end(), begin);
  return found == holes_.end() ? end : std::min(*found, end);
}

}  // namespace mendel::kernel
