// Bar: one OHLCV bar. SeriesView: the columns of one symbol as a backtest reads them.
// Threads: plain values and views.
#pragma once

#include <cstdint>
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

// The columns of one symbol, ascending in time without duplicates. Does not own its memory.
struct SeriesView {
  std::string_view symbol;
  std::span<const std::int64_t> time_ns;
  std::span<const double> open, high, low, close, volume;
  // Ticks per unit of price: every price is (a whole number of ticks) / price_scale, correctly
  // rounded, so that sums of ticks are exact. 0 = no common tick was found.
  double price_scale = 0;

  std::size_t size() const { return time_ns.size(); }
};

// Owns the columns of one symbol.
struct Series {
  std::string symbol;
  std::vector<std::int64_t> time_ns;
  std::vector<double> open, high, low, close, volume;
  double price_scale = 0;

  void push(const Bar& bar);
  Bar bar(std::size_t index) const;
  SeriesView view() const;
};

// The least power of ten s <= 1e8 such that every price p of the series equals, as a double,
// round(p * s) / s with |p * s| <= 2^40 (sums over 8,192 bars stay below 2^53); 0 if none.
double find_price_scale(const Series& series);

}  // namespace mendel::market
