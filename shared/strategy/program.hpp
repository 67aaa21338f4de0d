// Program: a strategy applied to bars, the plain way (columns.hpp): the oracle of any faster path.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shared/market/bar.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::strategy {

// One entry per bar: 1 = the signal is true on that close; undefined and false are both 0.
// A signal the direction does not use is empty.
struct Signals {
  std::vector<std::uint8_t> entry_long, exit_long, entry_short, exit_short;
  // What levels and sizes read of the signal's bar (measures.hpp), NaN = undefined; empty when the
  // genome's risk does not read it.
  std::vector<double> atr, daily_volatility;
};

// The risk expressions with the genome's values in them.
struct RiskValues {
  double size = 100;
  double stop_loss = 0;
  double take_profit = 0;
  double trailing_stop = 0;
  double stop_loss_atr = 0;
  double take_profit_atr = 0;
  double trailing_stop_atr = 0;
  std::int64_t atr_period = 0;       // 0 = no level is a multiple of the ATR
  std::int64_t volatility_days = 0;  // 0 = the size does not read it
  std::int64_t max_holding_bars = 0;
  std::int64_t cool_down_bars = 0;

  bool uses_atr() const {
    return stop_loss_atr > 0 || take_profit_atr > 0 || trailing_stop_atr > 0;
  }

  bool operator==(const RiskValues&) const = default;
};

// The signals of market[symbol]; `market` has the experiment's symbols, of which symbol() may read
// any. Requires that the genome belongs to the experiment.
Signals run_signals(const Experiment& experiment, const Genome& genome,
                    std::span<const market::SeriesView> market, std::size_t symbol);
// The same where there is only one symbol.
Signals run_signals(const Experiment& experiment, const Genome& genome,
                    const market::SeriesView& series);
// Fills in what this genome's levels and sizes read of `series`, beside the signals.
void add_measures(const Experiment& experiment, const Genome& genome,
                  const market::SeriesView& series, Signals& signals);
RiskValues risk_values(const Experiment& experiment, const Genome& genome);

}  // namespace mendel::strategy
