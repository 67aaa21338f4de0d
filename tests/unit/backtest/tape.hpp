// Tape: a few bars and signals that a reader can follow by hand.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "shared/backtest/simulation.hpp"
#include "shared/base/time.hpp"
#include "shared/market/bar.hpp"

namespace mendel::backtest {

struct Ohlc {
  double open, high, low, close;
};

class Tape {
 public:
  // Daily bars from 2023-01-01; the equity is 1000 and nothing costs anything unless set.
  explicit Tape(std::vector<Ohlc> bars, std::int64_t bar_length_ns = kNsPerDay) {
    series_.symbol = "X";
    rules.bar_length_ns = bar_length_ns;
    std::int64_t time = days_from_date({2023, 1, 1}) * kNsPerDay;
    for (const Ohlc& bar : bars) {
      series_.push({time, bar.open, bar.high, bar.low, bar.close, 1});
      time += bar_length_ns;
    }
    span = {0, 0, bars.size()};
  }

  // A bar whose four prices are equal.
  static Ohlc flat(double price) { return {price, price, price, price}; }
  static std::vector<Ohlc> flats(std::initializer_list<double> prices) {
    std::vector<Ohlc> bars;
    for (double price : prices) bars.push_back(flat(price));
    return bars;
  }

  Tape& entry_long(std::initializer_list<std::size_t> at) { return set(signals.entry_long, at); }
  Tape& exit_long(std::initializer_list<std::size_t> at) { return set(signals.exit_long, at); }
  Tape& entry_short(std::initializer_list<std::size_t> at) { return set(signals.entry_short, at); }
  Tape& exit_short(std::initializer_list<std::size_t> at) { return set(signals.exit_short, at); }

  // Moves this bar and all later ones.
  Tape& hole_before(std::size_t bar, std::int64_t missing_bars) {
    for (std::size_t i = bar; i < series_.time_ns.size(); ++i) {
      series_.time_ns[i] += missing_bars * rules.bar_length_ns;
    }
    return *this;
  }

  SleeveOutcome run() const { return simulate(series_.view(), signals, rules, span, equity); }
  std::vector<Trade> trades() const { return run().trades; }
  std::int64_t time(std::size_t bar) const { return series_.time_ns[bar]; }

  strategy::Signals signals;
  Rules rules;
  Span span;
  double equity = 1000;

 private:
  Tape& set(std::vector<std::uint8_t>& signal, std::initializer_list<std::size_t> at) {
    signal.assign(series_.time_ns.size(), 0);
    for (std::size_t bar : at) signal[bar] = 1;
    return *this;
  }

  market::Series series_;
};

}  // namespace mendel::backtest
