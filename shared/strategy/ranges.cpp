// Ranges: extremes, and how far a bar reaches.
#include <algorithm>

#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

// Largest (sign = 1) or smallest (sign = -1) of the last n values.
void extreme(const Call& call, std::span<double> out, double sign) {
  const Numbers& x = call.series[0];
  const std::size_t before = window_start(call.periods[0]);
  for (std::size_t i = before; i < out.size(); ++i) {
    double best = x[i - before];
    for (std::size_t j = i - before; j <= i; ++j) {
      if (!defined(x[j]) || !defined(best)) {
        best = kUndefinedNumber;
      } else if (sign * x[j] > sign * best) {
        best = x[j];
      }
    }
    out[i] = best;
  }
}

void donchian_upper(const Call& call, std::span<double> out) {
  const Numbers high[] = {{call.bars->high}};
  highest({high, call.periods}, out);
}

void donchian_lower(const Call& call, std::span<double> out) {
  const Numbers low[] = {{call.bars->low}};
  lowest({low, call.periods}, out);
}

void atr(const Call& call, std::span<double> out) {
  std::vector<double> ranges(out.size(), kUndefinedNumber);
  true_range(call, ranges);
  const Numbers series[] = {{ranges}};
  rma({series, call.periods}, out);
}

std::vector<Function> true_range_rows() {
  return {
      {.name = "true_range",
       .sentence = "how far the bar reaches, the step from the last close included",
       .formula = "the largest of high - low, abs(high - close[1]), abs(low - close[1]); with a "
                  "common tick: exact",
       .edges = "undefined on the first bar",
       .source = "J. Welles Wilder 1978; TA-Lib TRANGE",
       .look_back = "1",
       .bars_before = [](const Periods&) { return std::int64_t{1}; },
       .reads_bars = true,
       .numbers = true_range},
      {.name = "atr",
       .parameters = {{"n", Argument::period}},
       .sentence = "average true range",
       .formula = "rma(true_range, n): starts as the mean of the first n true ranges, on the "
                  "bar after n",
       .source = "J. Welles Wilder 1978; TA-Lib ATR",
       .look_back = "10 n + 1 (recursive)",
       .bars_before = [](const Periods& longest) { return recursive_bars(longest) + 1; },
       .reads_bars = true,
       .numbers = atr}};
}

}  // namespace

void highest(const Call& call, std::span<double> out) { extreme(call, out, 1); }
void lowest(const Call& call, std::span<double> out) { extreme(call, out, -1); }

void true_range(const Call& call, std::span<double> out) {
  const market::SeriesView& bars = *call.bars;
  for (std::size_t i = 1; i < out.size(); ++i) {
    const double before = bars.close[i - 1];
    const double inside = difference(bars.high[i], bars.low[i], bars.price_scale);
    const double up = std::fabs(difference(bars.high[i], before, bars.price_scale));
    const double down = std::fabs(difference(bars.low[i], before, bars.price_scale));
    out[i] = std::max(std::max(inside, up), down);
  }
}

std::vector<Function> range_rows() {
  Function top{.name = "highest",
               .parameters = {{"x"}, {"n", Argument::period}},
               .sentence = "largest of the last n values, this bar's included",
               .formula = "largest value",
               .source = "TA-Lib MAX",
               .look_back = "n - 1",
               .bars_before = window_bars,
               .numbers = highest};
  Function bottom = top;
  bottom.name = "lowest";
  bottom.sentence = "smallest of the last n values, this bar's included";
  bottom.formula = "smallest value";
  bottom.source = "TA-Lib MIN";
  bottom.numbers = lowest;

  Function upper{.name = "donchian_upper",
                 .parameters = {{"n", Argument::period}},
                 .sentence = "upper Donchian channel, this bar included",
                 .formula = "highest(high, n)",
                 .source = "Richard Donchian",
                 .look_back = "n - 1",
                 .bars_before = window_bars,
                 .reads_bars = true,
                 .numbers = donchian_upper};
  Function lower = upper;
  lower.name = "donchian_lower";
  lower.sentence = "lower Donchian channel, this bar included";
  lower.formula = "lowest(low, n)";
  lower.numbers = donchian_lower;

  std::vector<Function> rows = {top, bottom, upper, lower};
  for (Function& row : true_range_rows()) rows.push_back(row);
  return rows;
}

}  // namespace mendel::strategy
