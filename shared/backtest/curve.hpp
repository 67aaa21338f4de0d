// Curve: equity marked at every bar of a window, for one symbol or the portfolio.
// Threads: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/backtest/trade.hpp"

namespace mendel::backtest {

struct Curve {
  double starting_equity = 0;
  std::vector<std::int64_t> time_ns;  // open times of the window's bars
  std::vector<double> equity;         // at each close
  std::vector<std::uint8_t> held;     // 1 = a position was open when the bar closed
  std::vector<std::uint8_t> carried;  // 1 = it stays open until the next bar (no end, no gap)
  std::size_t first_tradable = 0;     // index of the first bar whose close may signal
  std::vector<Trade> trades;          // by exit time
};

// From one UTC day's last mark to the next, over every day that has a bar, the first day against
// the starting equity. A day that starts with no equity (after ruin) returns 0.
std::vector<double> daily_returns(const Curve& curve);

// The sum of the sleeves over the union of their bar times, the last mark carried; before its
// first bar a sleeve is its starting equity. Held where any sleeve holds at a bar of its own, or
// carries a position between two; tradable from the first
// moment any sleeve is. Trades are pooled by exit time, equal times in the order of the sleeves.
Curve portfolio_of(const std::vector<Curve>& sleeves);

}  // namespace mendel::backtest
