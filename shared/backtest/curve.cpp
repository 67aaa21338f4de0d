#include "shared/backtest/curve.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "shared/base/time.hpp"

namespace mendel::backtest {
namespace {

std::vector<std::int64_t> union_of_times(const std::vector<Curve>& sleeves) {
  std::vector<std::int64_t> times;
  for (const Curve& sleeve : sleeves) {
    if (sleeve.time_ns == times) continue;
    std::vector<std::int64_t> both;
    both.reserve(times.size() + sleeve.time_ns.size());
    std::set_union(times.begin(), times.end(), sleeve.time_ns.begin(), sleeve.time_ns.end(),
                   std::back_inserter(both));
    times = std::move(both);
  }
  return times;
}

std::size_t first_tradable_of(const std::vector<Curve>& sleeves,
                              const std::vector<std::int64_t>& times) {
  std::int64_t earliest = times.back();
  for (const Curve& sleeve : sleeves) {
    earliest = std::min(earliest, sleeve.time_ns[sleeve.first_tradable]);
  }
  return static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), earliest) -
                                  times.begin());
}

}  // namespace

std::vector<double> daily_returns(const Curve& curve) {
  std::vector<double> returns;
  double before = curve.starting_equity;
  std::int64_t day_ends_ns = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = 0; i < curve.equity.size(); ++i) {
    if (curve.time_ns[i] >= day_ends_ns) day_ends_ns = (day_of(curve.time_ns[i]) + 1) * kNsPerDay;
    if (i + 1 < curve.equity.size() && curve.time_ns[i + 1] < day_ends_ns) continue;
    returns.push_back(before > 0 ? curve.equity[i] / before - 1 : 0.0);
    before = curve.equity[i];
  }
  return returns;
}

Curve portfolio_of(const std::vector<Curve>& sleeves) {
  if (sleeves.size() == 1) return sleeves.front();
  Curve portfolio;
  portfolio.time_ns = union_of_times(sleeves);
  if (portfolio.time_ns.empty()) return portfolio;
  portfolio.first_tradable = first_tradable_of(sleeves, portfolio.time_ns);
  for (const Curve& sleeve : sleeves) {
    portfolio.starting_equity += sleeve.starting_equity;
    portfolio.trades.insert(portfolio.trades.end(), sleeve.trades.begin(), sleeve.trades.end());
  }
  std::stable_sort(portfolio.trades.begin(), portfolio.trades.end(),
                   [](const Trade& a, const Trade& b) { return a.exit_time_ns < b.exit_time_ns; });
  portfolio.equity.reserve(portfolio.time_ns.size());
  portfolio.held.reserve(portfolio.time_ns.size());
  std::vector<std::size_t> seen(sleeves.size(), 0);  // bars of each sleeve up to `time`
  for (std::int64_t time : portfolio.time_ns) {
    double equity = 0;
    std::uint8_t held = 0;
    for (std::size_t i = 0; i < sleeves.size(); ++i) {
      const Curve& sleeve = sleeves[i];
      const bool has_bar = seen[i] < sleeve.time_ns.size() && sleeve.time_ns[seen[i]] == time;
      if (has_bar) ++seen[i];
      equity += seen[i] == 0 ? sleeve.starting_equity : sleeve.equity[seen[i] - 1];
      if (seen[i] > 0) held |= (has_bar ? sleeve.held : sleeve.carried)[seen[i] - 1];
    }
    portfolio.equity.push_back(equity);
    portfolio.held.push_back(held);
  }
  return portfolio;
}

}  // namespace mendel::backtest
