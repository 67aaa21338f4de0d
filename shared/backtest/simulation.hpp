// Simulation: one sleeve (one symbol, one window) traded bar by bar. The plain loop that every
// faster kernel is compared with; the order inside a bar is that of docs/metrics.md.
// Threads: simulate() is pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/backtest/account.hpp"
#include "shared/backtest/trade.hpp"
#include "shared/market/bar.hpp"
#include "shared/strategy/program.hpp"

namespace mendel::backtest {

// Bars of a series: [begin, end) is the window, signals count from the close of first_tradable.
struct Span {
  std::size_t begin = 0;
  std::size_t first_tradable = 0;
  std::size_t end = 0;
};

// How a sleeve trades, beside its signals.
struct Rules {
  strategy::RiskValues risk;
  strategy::Size size = strategy::Size::percent_of_equity;  // of risk.size
  strategy::AccountLimits limits;
  strategy::Fill fill = strategy::Fill::next_open;
  double periods_per_year = 365;   // makes a year's volatility of a day's
  std::int64_t max_gap_bars = 0;   // 0 = off
  std::int64_t bar_length_ns = 0;  // of the timeframe
  Costs costs;
};

// One entry per bar of the window.
struct SleeveOutcome {
  std::vector<double> equity;         // marked at the close, after what happened in the bar
  std::vector<std::uint8_t> held;     // 1 = a position was open when the bar closed
  std::vector<std::uint8_t> carried;  // 1 = it is open behind that close too (no end, no gap)
  std::vector<Trade> trades;          // by exit time
  bool ruined = false;
};

// Requires begin <= first_tradable < end <= series.size(), and signals as long as the series (an
// empty one never signals). Likewise signals.atr when rules.risk.uses_atr(), and
// signals.daily_volatility when the size is volatility_target.
SleeveOutcome simulate(const market::SeriesView& series, const strategy::Signals& signals,
                       const Rules& rules, Span span, double equity);

}  // namespace mendel::backtest
