// Bar: one OHLCV bar. SeriesView: the columns of one symbol as a backtest reads them.
// Threads: plain values and views.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mendel::market {

struct Bar {
  std::int64_t time_ns = 0;  // OPEN time, UTC
  double open = 0;
  double high = 0;
  double low = 0;
  double close = 0;
  double volume = 0;

  bool operator==(const Bar&) const = default;
};

inline constexpr std::size_t kAllBars = std::numeric_limits<std::size_t>::max();

// The columns of one symbol, ascending in time without duplicates. Does not own its memory.
struct SeriesView {
  std::string_view symbol;
  std::span<const std::int64_t> time_ns;
  std::span<const double> open, high, low, close, volume;
  // Ticks per unit of price: a price is (a whole number of ticks) / price_scale, correctly rounded,
  // so that sums of ticks are exact. 0 = no common tick was found.
  double price_scale = 0;
  // The bars of which that is true, from the first one on; behind them is one whose price has no
  // such tick. What is computed of the bars before it must not depend on that.
  std::size_t tick_bars = kAllBars;

  std::size_t size() const { return time_ns.size(); }
  bool loses_ticks() const { return price_scale > 0 && tick_bars < size(); }
  // The first bars.
  SeriesView first(std::size_t count) const;
};

// Owns the columns of one symbol.
struct Series {
  std::string symbol;
  std::vector<std::int64_t> time_ns;
  std::vector<double> open, high, low, close, volume;
  double price_scale = 0;
  std::size_t tick_bars = kAllBars;

  void push(const Bar& bar);
  Bar bar(std::size_t index) const;
  SeriesView view() const;
};

// Sets price_scale to the least power of ten s <= 1e8 with which the most bars, from the first one
// on, have nothing but prices p that equal, as doubles, round(p * s) / s with |p * s| <= 2^40 (sums
// over 8,192 bars stay below 2^53), and tick_bars to their number; to 0 where there is none.
void find_ticks(Series& series);
// How many bars, from the first one on, have such prices.
std::size_t count_tick_bars(const SeriesView& series, double price_scale);

}  // namespace mendel::market
