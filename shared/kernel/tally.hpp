// Tally: the money and the metrics of one strategy, block by block, from the edges of its
// positions. A stretch in which nothing is bought or sold costs a few look-ups, however long it is.
// It does the very arithmetic of backtest/account.cpp, so every trade has the plain loop's bits.
// Threads: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "shared/backtest/metrics_of.hpp"
#include "shared/kernel/edges.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::kernel {

// Cash, and a quantity held of the symbol; what one stretch lies between.
struct Money {
  double cash_before;  // flat, before the stretch
  double cash;         // while it is held
  double quantity;
  double most;  // equity, over its closes
  double least;

  double equity_at(double price) const { return cash + quantity * price; }
};
using Monies = std::array<Money, kBlockBars + 2>;

class Tally {
 public:
  Tally(const Tables& tables, double equity, double fee);

  // The stretches of the next block; `money` is room to work in.
  void add(const Stretches& stretches, std::size_t block, Monies& money);

  std::int64_t days() const { return days_; }  // daily returns so far

  // After the last block. nullopt: ruined, or too near to degenerate for sums of powers; the plain
  // loop must compute this one.
  std::optional<market::Metrics> metrics(double periods_per_year);

 private:
  void count_money(const Stretches& stretches, Monies& money);
  void open(const Stretch& stretch);
  void close(const Stretch& stretch);
  void count_extremes(const Stretches& stretches, Monies& money) const;
  void count_falls(const Stretches& stretches, const Monies& money, std::size_t begin,
                   std::size_t end);
  void count_days(const Stretches& stretches, const Monies& money, std::size_t begin,
                  std::size_t end);
  void count_bars(const Stretches& stretches, const Monies& money, std::size_t begin,
                  std::size_t end);

  void add_day(double equity, std::int64_t days);
  void flat_falls(double cash, std::size_t begin, std::size_t end);
  void held_falls(const Money& money, std::size_t begin, std::size_t end);
  void below_ended(std::size_t end);
  std::size_t below_since();
  void follow_peaks(const Money& money, std::size_t begin, std::size_t end);
  void deepen(const Money& money, std::size_t begin, std::size_t end);
  void set_days(double periods_per_year, market::Metrics& out) const;

  const Tables* tables_;
  backtest::Totals totals_;  // but the longest time below a peak and what is known at the end
  double fee_;
  bool ruined_ = false;

  // The open position, or 0.
  double cash_;
  double quantity_ = 0;
  double entry_price_ = 0;
  double entry_fee_ = 0;
  double equity_at_entry_ = 0;

  // Daily returns.
  double day_mark_;              // equity at the last day's end
  double powers_[kPowers] = {};  // as DaySums::sum
  std::int64_t days_ = 0;
  bool moved_ = false;  // some daily return is not 0

  // Drawdown. Bars [below, now) are below the peak. Where the bar of the last peak did not matter
  // yet, it is only known to lie in the stretch [below_ - 1, peak_end_).
  double peak_;
  std::size_t below_;
  std::size_t peak_end_ = 0;  // 0 = below_ is exact
  std::size_t longest_ = 0;
};

}  // namespace mendel::kernel
