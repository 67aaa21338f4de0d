#include "shared/strategy/measures.hpp"

#include <cmath>
#include <cstddef>
#include <limits>

#include "shared/base/check.hpp"
#include "shared/base/time.hpp"
#include "shared/strategy/functions.hpp"

namespace mendel::strategy {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

const Function& atr() {
  const Function* row = find_function("atr");
  check(row != nullptr && row->numbers != nullptr, "the language has an atr");
  return *row;
}

// Of the returns between the last days + 1 closes, oldest first.
double deviation(const std::vector<double>& closes, std::size_t days) {
  if (closes.size() < days + 1) return kUndefined;
  std::vector<double> returns;
  double mean = 0;
  for (std::size_t i = closes.size() - days; i < closes.size(); ++i) {
    returns.push_back(closes[i] / closes[i - 1] - 1);
    mean += returns.back();
  }
  const auto count = static_cast<double>(days);
  mean /= count;
  double squares = 0;
  for (double r : returns) squares += (r - mean) * (r - mean);
  return std::sqrt(squares / (count - 1));
}

}  // namespace

std::vector<double> average_true_range(const market::SeriesView& series, std::int64_t period) {
  check(period >= 1, "an ATR has a period");
  std::vector<double> column(series.size(), kUndefined);
  Call call;
  call.periods = {period};
  call.bars = &series;
  fill_column(atr(), call, column);
  return column;
}

std::int64_t atr_bars_before(std::int64_t period) { return atr().bars_before({period}); }

std::vector<double> daily_volatility(const market::SeriesView& series, std::int64_t days,
                                     std::int64_t bar_length_ns) {
  check(days >= 2 && bar_length_ns > 0, "a volatility has days, and bars a length");
  std::vector<double> column(series.size(), kUndefined);
  std::vector<double> closes;  // of the days that have ended
  bool day_is_in = true;       // the last bar's day has ended, its close is the last one
  double value = kUndefined;
  for (std::size_t bar = 0; bar < series.size(); ++bar) {
    const std::int64_t day = day_of(series.time_ns[bar]);
    const std::size_t ended = closes.size();
    const bool new_day = bar == 0 || day != day_of(series.time_ns[bar - 1]);
    if (new_day && !day_is_in) closes.push_back(series.close[bar - 1]);
    if (new_day) day_is_in = false;
    if (day_is_in) {
      closes.back() = series.close[bar];
    } else if (series.time_ns[bar] + bar_length_ns >= (day + 1) * kNsPerDay) {
      closes.push_back(series.close[bar]);
      day_is_in = true;
    }
    if (day_is_in || closes.size() != ended)
      value = deviation(closes, static_cast<std::size_t>(days));
    column[bar] = value;
  }
  return column;
}

}  // namespace mendel::strategy
