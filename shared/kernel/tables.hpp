// Tables: what is computed once for the bars of one symbol and window, so that a trade costs the
// same whether it is open for ten bars or ten thousand.
// Threads: immutable after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/backtest/simulation.hpp"
#include "shared/kernel/lanes.hpp"
#include "shared/kernel/ranges.hpp"
#include "shared/market/bar.hpp"

namespace mendel::kernel {

// Powers of the daily returns of the closes, summed over the days up to this one. What a trade
// earns per day is a difference of two of these, so each sum is kept in two doubles, as one number
// of twice the digits.
struct alignas(64) DaySums {
  Powers sum = {};
  Powers rest = {};  // what rounding took away from them
  double close = 0;  // of the day's last bar
};

// So many days' equities are computed at once.
inline constexpr std::size_t kDaysAtOnce = 4;

// Half a cache line a bar.
struct alignas(32) BarRow {
  double open = 0;
  double close = 0;
  double close_sum = 0;   // of all closes before this bar, and…
  float close_rest = 0;   // …what rounding took away from it
  std::int32_t days = 0;  // that ended before this bar
};

// Moments between the bar before and this one at which holding a position costs.
struct HoldingCosts {
  std::size_t bar = 0;
  double funding_periods = 0;
  double borrow_days = 0;

  static HoldingCosts between(std::int64_t from_ns, std::int64_t to_ns, std::size_t bar);
};

// Of the closes of the bars from one row to the bar before another.
inline double sum_of_closes(const BarRow& begin, const BarRow& end) {
  return (end.close_sum - begin.close_sum) +
         (static_cast<double>(end.close_rest) - static_cast<double>(begin.close_rest));
}

class Tables {
 public:
  // The series must outlive the tables. `holes`: the bars behind which a hole closes positions.
  Tables(const market::SeriesView& series, backtest::Span span, std::vector<std::size_t> holes);

  const market::SeriesView& series() const { return series_; }
  const backtest::Span& span() const { return span_; }
  // Row i belongs to bar i of the series; there is one more behind the last.
  const BarRow& row(std::size_t bar) const { return rows_[bar]; }
  const DaySums& day(std::int64_t day) const { return days_[static_cast<std::size_t>(day)]; }
  // Of the last bars of all days; kDaysAtOnce more can be read.
  const double* day_closes() const { return day_closes_.data(); }
  // Of the closes of [begin, end), not empty, within one block.
  Extremes extremes(std::size_t begin, std::size_t end) const { return ranges_.of(begin, end); }
  const CloseRanges& ranges() const { return ranges_; }
  const Reaches& reaches() const { return reaches_; }
  // The first with bar >= `bar`; they ascend, and one behind all bars is the last.
  const HoldingCosts* holding_costs(std::size_t bar) const;
  // Whether prices move so little in all bars that no sum or difference of them drowns in another.
  bool is_tame() const { return reaches_.highest() <= 1e7 * reaches_.lowest(); }
  bool has_no_holes() const { return holes_.empty(); }
  // The first bar of [begin, end) before a hole that closes positions; end when there is none.
  std::size_t hole(std::size_t begin, std::size_t end) const {
    return holes_.empty() ? end : next_hole(begin, end);
  }

 private:
  std::size_t next_hole(std::size_t begin, std::size_t end) const;

  market::SeriesView series_;
  backtest::Span span_;
  std::vector<BarRow> rows_;
  std::vector<DaySums> days_;  // and one more behind the last
  std::vector<double> day_closes_;
  std::vector<std::size_t> holes_;
  std::vector<HoldingCosts> holding_costs_;
  CloseRanges ranges_;
  Reaches reaches_;
};

}  // namespace mendel::kernel
