// Oscillators: how fast and how far prices moved.
#include <algorithm>
#include <utility>

#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

using Column = std::vector<double>;

void rsi(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  RelativeStrength strength(call.periods[0]);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!defined(x[i])) continue;
    strength.add(x[i]);
    if (strength.is_full()) out[i] = strength.index();
  }
}

void macd(const Call& call, std::span<double> out) {
  Column slow(out.size(), kUndefinedNumber);
  ema({call.series, {call.periods[0]}}, out);
  ema({call.series, {call.periods[1]}}, slow);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = finite(out[i] - slow[i]);
}

void macd_signal(const Call& call, std::span<double> out) {
  Column line(out.size(), kUndefinedNumber);
  macd(call, line);
  const Numbers series[] = {{line}};
  ema({series, {call.periods[2]}}, out);
}

void macd_hist(const Call& call, std::span<double> out) {
  Column line(out.size(), kUndefinedNumber);
  macd(call, line);
  macd_signal(call, out);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = finite(line[i] - out[i]);
}

// The highest high and the lowest low of the last n bars.
struct Channel {
  Channel(const market::SeriesView& bars, std::int64_t n)
      : top(bars.size(), kUndefinedNumber), bottom(bars.size(), kUndefinedNumber) {
    const Numbers high[] = {{bars.high}};
    const Numbers low[] = {{bars.low}};
    highest({high, {n}}, top);
    lowest({low, {n}}, bottom);
  }

  Column top, bottom;
};

void stochastic_k(const Call& call, std::span<double> out) {
  const market::SeriesView& bars = *call.bars;
  const Channel channel(bars, call.periods[0]);
  for (std::size_t i = window_start(call.periods[0]); i < out.size(); ++i) {
    const double range = difference(channel.top[i], channel.bottom[i], bars.price_scale);
    const double above = difference(bars.close[i], channel.bottom[i], bars.price_scale);
    out[i] = range == 0 ? 0 : finite(100 * (above / range));
  }
}

void stochastic_d(const Call& call, std::span<double> out) {
  Column line(out.size(), kUndefinedNumber);
  stochastic_k(call, line);
  const Numbers series[] = {{line}};
  sma({series, {call.periods[1]}}, out);
}

void williams_r(const Call& call, std::span<double> out) {
  const market::SeriesView& bars = *call.bars;
  const Channel channel(bars, call.periods[0]);
  for (std::size_t i = window_start(call.periods[0]); i < out.size(); ++i) {
    const double range = difference(channel.top[i], channel.bottom[i], bars.price_scale);
    const double below = difference(channel.top[i], bars.close[i], bars.price_scale);
    out[i] = range == 0 ? 0 : finite(-100 * (below / range));
  }
}

constexpr double kCciFactor = 0.015;

// With ticks t of typical prices and their sum s: n t - s is n times the distance from the mean.
void cci_of_ticks(const std::vector<std::int64_t>& ticks, double scale, std::int64_t n,
                  std::span<double> out) {
  const Wide unit = static_cast<Wide>(n) * std::llround(scale);
  const auto size = static_cast<std::size_t>(n);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    sum += ticks[i];
    if (i >= size) sum -= ticks[i - size];
    if (i + 1 < size) continue;
    Wide deviations = 0;
    for (std::size_t j = i + 1 - size; j <= i; ++j) {
      const Wide apart = static_cast<Wide>(n) * ticks[j] - sum;
      deviations += apart < 0 ? -apart : apart;
    }
    const double distance = quotient(static_cast<Wide>(n) * ticks[i] - sum, unit);
    out[i] = deviations == 0 ? 0 : distance / (kCciFactor * quotient(deviations, unit * n));
  }
}

void cci(const Call& call, std::span<double> out) {
  const std::int64_t n = call.periods[0];
  Column typical(out.size(), kUndefinedNumber);
  hlc3(call, typical);
  const Numbers x{typical, false, 3 * call.bars->price_scale};
  if (const std::vector<std::int64_t> ticks = ticks_of(x, out.size()); !ticks.empty()) {
    return cci_of_ticks(ticks, x.price_scale, n, out);
  }
  for (std::size_t i = window_start(n); i < out.size(); ++i) {
    const std::size_t first = i - window_start(n);
    const double mean = sum_of(x, first, i) / static_cast<double>(n);
    double deviations = 0;
    for (std::size_t j = first; j <= i; ++j) deviations += std::fabs(x[j] - mean);
    const double deviation = deviations / static_cast<double>(n);
    out[i] = is_flat(x, first, i) ? 0 : finite((x[i] - mean) / (kCciFactor * deviation));
  }
}

void momentum(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  const auto n = static_cast<std::size_t>(call.periods[0]);
  for (std::size_t i = n; i < out.size(); ++i) out[i] = difference(x[i], x[i - n], x.price_scale);
}

void roc(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  const auto n = static_cast<std::size_t>(call.periods[0]);
  momentum(call, out);
  for (std::size_t i = n; i < out.size(); ++i) out[i] = finite(100 * (out[i] / x[i - n]));
}

std::int64_t longer_recursion(const Periods& longest) {
  return kRecursionPeriods * std::max(longest[0], longest[1]);
}

std::vector<Function> macd_rows() {
  const Parameter x{"x"}, fast{"fast", Argument::period}, slow{"slow", Argument::period},
      signal{"signal", Argument::period};
  const auto signal_bars = [](const Periods& longest) {
    return longer_recursion(longest) + kRecursionPeriods * longest[2];
  };
  return {{.name = "macd",
           .parameters = {x, fast, slow},
           .sentence = "distance of a fast and a slow exponential moving average",
           .formula = "ema(x, fast) - ema(x, slow), each with its own seed (TA-Lib seeds the fast "
                      "one at the start of the slow one)",
           .source = "Gerald Appel; TA-Lib MACD",
           .look_back = "10 max(fast, slow) (recursive)",
           .bars_before = longer_recursion,
           .numbers = macd},
          {.name = "macd_signal",
           .parameters = {x, fast, slow, signal},
           .sentence = "signal line of macd",
           .formula = "ema(macd(x, fast, slow), signal): starts as the mean of its first values",
           .source = "Gerald Appel; TA-Lib MACD",
           .look_back = "10 (max(fast, slow) + signal) (recursive)",
           .bars_before = signal_bars,
           .numbers = macd_signal},
          {.name = "macd_hist",
           .parameters = {x, fast, slow, signal},
           .sentence = "distance of macd from its signal line",
           .formula = "macd(x, fast, slow) - macd_signal(x, fast, slow, signal)",
           .source = "Gerald Appel; TA-Lib MACD",
           .look_back = "10 (max(fast, slow) + signal) (recursive)",
           .bars_before = signal_bars,
           .numbers = macd_hist}};
}

std::vector<Function> range_oscillator_rows() {
  const Parameter n{"n", Argument::period}, d{"d", Argument::period};
  return {
      {.name = "stochastic_k",
       .parameters = {n},
       .sentence = "place of the close between the lowest low and the highest high, 0 to 100",
       .formula = "100 * ((close - lowest(low, n)) / (highest(high, n) - lowest(low, n)))",
       .edges = "0 when the range is 0",
       .source = "George Lane; TA-Lib STOCHF",
       .look_back = "n - 1",
       .bars_before = window_bars,
       .reads_bars = true,
       .numbers = stochastic_k},
      {.name = "stochastic_d",
       .parameters = {n, d},
       .sentence = "smoothed stochastic_k",
       .formula = "sma(stochastic_k(n), d)",
       .source = "George Lane; TA-Lib STOCHF",
       .look_back = "n + d - 2",
       .bars_before = [](const Periods& longest) { return longest[0] + longest[1] - 2; },
       .reads_bars = true,
       .numbers = stochastic_d},
      {.name = "williams_r",
       .parameters = {n},
       .sentence = "place of the close below the highest high, -100 to 0",
       .formula = "-100 * ((highest(high, n) - close) / (highest(high, n) - lowest(low, n)))",
       .edges = "0 when the range is 0",
       .source = "Larry Williams; TA-Lib WILLR",
       .look_back = "n - 1",
       .bars_before = window_bars,
       .reads_bars = true,
       .numbers = williams_r},
      {.name = "cci",
       .parameters = {n},
       .sentence = "commodity channel index",
       .formula = "(hlc3 - m) / (0.015 * d) with m = sma(hlc3, n) and d = the mean of abs(hlc3 - "
                  "m) over the last n bars, oldest first; with a common tick: of exact sums",
       .edges = "0 when hlc3 did not change in n bars",
       .source = "Donald Lambert 1980; TA-Lib CCI",
       .look_back = "n - 1",
       .bars_before = window_bars,
       .reads_bars = true,
       .numbers = cci}};
}

}  // namespace

std::vector<Function> oscillator_rows() {
  const Parameter x{"x"}, n{"n", Argument::period};
  std::vector<Function> rows = {
      {.name = "rsi",
       .parameters = {x, n},
       .sentence = "relative strength index, 0 to 100",
       .formula = "gain and loss start as means of the first n changes; then gain = (gain * (n - "
                  "1) + new) / n, loss alike; 100 * (gain / (gain + loss))",
       .edges = "0 when gain and loss are both 0",
       .source = "J. Welles Wilder 1978; TA-Lib RSI",
       .look_back = "10 n (recursive)",
       .bars_before = recursive_bars,
       .numbers = rsi},
      {.name = "roc",
       .parameters = {x, n},
       .sentence = "rate of change in percent",
       .formula = "100 * ((x - x[n]) / x[n]); with a common tick the difference is exact",
       .edges = "undefined when x[n] is 0",
       .source = "TA-Lib ROC",
       .look_back = "n",
       .bars_before = period_bars,
       .numbers = roc},
      {.name = "momentum",
       .parameters = {x, n},
       .sentence = "change over n bars",
       .formula = "x - x[n]; with a common tick: exact",
       .source = "TA-Lib MOM",
       .look_back = "n",
       .bars_before = period_bars,
       .numbers = momentum}};
  for (Function& row : macd_rows()) rows.push_back(std::move(row));
  for (Function& row : range_oscillator_rows()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace mendel::strategy
