// The metrics of a curve. docs/metrics.md has every formula and every reason for "undefined".
// Threads: pure.
#pragma once

#include <cstdint>
#include <vector>

#include "shared/backtest/curve.hpp"
#include "shared/backtest/trade.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::backtest {

// Sums run in time order. What is undefined is decided by counts and exact comparisons.
market::Metrics metrics_of(const Curve& curve, double periods_per_year);
// The same of a curve whose daily returns are known.
market::Metrics metrics_of(const Curve& curve, const std::vector<double>& returns,
                           double periods_per_year);

// The metrics of daily returns.
void set_returns(const std::vector<double>& returns, double periods_per_year, market::Metrics& out);

// What all metrics but those of daily returns are made of, however it was counted.
struct Totals {
  double starting_equity = 0;
  double final_equity = 0;
  double calendar_days = 0;  // from the first to the last tradable day, both included
  double deepest = 0;        // fall below a peak, as a fraction
  std::int64_t longest = 0;  // bars below a peak
  // Of tradable bars.
  std::int64_t bars = 0;
  std::int64_t held_bars = 0;
  double equity_sum = 0;
  // Of closed trades.
  std::int64_t trades = 0;
  std::int64_t wins = 0;
  std::int64_t lost = 0;
  double gains = 0;
  double losses = 0;   // negative
  double returns = 0;  // profits as fractions of the equity at entry
  double traded = 0;   // notional of both fills

  // Adds a closed trade, in the order of the exits.
  void add_trade(double entry_notional, double exit_notional, double profit,
                 double equity_at_entry) {
    const bool is_win = profit > 0;
    const bool is_loss = profit < 0;
    ++trades;
    wins += is_win ? 1 : 0;
    lost += is_loss ? 1 : 0;
    gains += is_win ? profit : 0;
    losses += is_loss ? profit : 0;
    returns += profit / equity_at_entry;
    traded += entry_notional;
    traded += exit_notional;
  }
  // Those of another account.
  void add_trades(const Totals& other) {
    trades += other.trades;
    wins += other.wins;
    lost += other.lost;
    gains += other.gains;
    losses += other.losses;
    returns += other.returns;
    traded += other.traded;
  }
};

void set_totals(const Totals& totals, market::Metrics& out);

// Calendar days from one moment's UTC day to the other's, both included.
double calendar_days(std::int64_t first_ns, std::int64_t last_ns);

}  // namespace mendel::backtest
