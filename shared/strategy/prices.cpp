// Columns made of the bar itself: prices between its extremes, and its time.
#include "shared/base/time.hpp"
#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

using Prices = std::span<const double>;

// The mean of some prices of a bar: of whole ticks with one rounding, else added from the left.
template <std::size_t N>
void mean_of(const market::SeriesView& bars, const Prices (&prices)[N], std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (bars.price_scale > 0) {
      std::int64_t ticks = 0;
      for (const Prices& price : prices) ticks += std::llround(price[i] * bars.price_scale);
      out[i] = mean_of_ticks(ticks, N, bars.price_scale);
    } else {
      double sum = prices[0][i];
      for (std::size_t k = 1; k < N; ++k) sum += prices[k][i];
      out[i] = finite(sum / static_cast<double>(N));
    }
  }
}

void hl2(const Call& call, std::span<double> out) {
  mean_of(*call.bars, {call.bars->high, call.bars->low}, out);
}

void ohlc4(const Call& call, std::span<double> out) {
  const market::SeriesView& bars = *call.bars;
  mean_of(bars, {bars.open, bars.high, bars.low, bars.close}, out);
}

void hour(const Call& call, std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t time = call.bars->time_ns[i];
    const std::int64_t hours = (time - day_of(time) * kNsPerDay) / (3600 * kNsPerSecond);
    out[i] = static_cast<double>(hours);
  }
}

void dayofweek(const Call& call, std::span<double> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    // 1970-01-01 was a Thursday.
    const std::int64_t day = (day_of(call.bars->time_ns[i]) + 3) % 7;
    out[i] = static_cast<double>(day < 0 ? day + 7 : day);
  }
}

}  // namespace

void hlc3(const Call& call, std::span<double> out) {
  mean_of(*call.bars, {call.bars->high, call.bars->low, call.bars->close}, out);
}

std::vector<Function> price_rows() {
  return {{.name = "hl2",
           .sentence = "middle of the bar",
           .formula = "(high + low) / 2; with a common tick: the exact sum of whole ticks / (2 * "
                      "ticks per unit)",
           .source = "definition",
           .look_back = "0",
           .reads_bars = true,
           .tick_parts = 2,
           .numbers = hl2},
          {.name = "hlc3",
           .sentence = "typical price",
           .formula = "(high + low + close) / 3, from the left; with a common tick: the exact sum "
                      "of whole ticks / (3 * ticks per unit)",
           .source = "definition; TA-Lib TYPPRICE",
           .look_back = "0",
           .reads_bars = true,
           .tick_parts = 3,
           .numbers = hlc3},
          {.name = "ohlc4",
           .sentence = "average price",
           .formula = "(open + high + low + close) / 4, from the left; with a common tick: the "
                      "exact sum of whole ticks / (4 * ticks per unit)",
           .source = "definition; TA-Lib AVGPRICE",
           .look_back = "0",
           .reads_bars = true,
           .tick_parts = 4,
           .numbers = ohlc4},
          {.name = "hour",
           .sentence = "hour of the bar's open time in UTC, 0 to 23",
           .formula = "whole hours since midnight",
           .source = "definition",
           .look_back = "0",
           .reads_bars = true,
           .numbers = hour},
          {.name = "dayofweek",
           .sentence = "day of the bar's open time in UTC, 0 = Monday to 6 = Sunday",
           .formula = "(days since 1970-01-01 + 3) mod 7",
           .source = "ISO 8601, counted from 0",
           .look_back = "0",
           .reads_bars = true,
           .numbers = dayofweek}};
}

}  // namespace mendel::strategy
