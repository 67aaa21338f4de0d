// Deviation: how far values spread around their mean, of the last n values themselves (ddof 0).
#include <cmath>

#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

using Column = std::vector<double>;

void root_of(std::span<double> out) {
  for (double& value : out) value = std::sqrt(value);
}

// Mean and distance of the newest value from it; one rounding with ticks.
void distance_from_mean(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  const std::int64_t n = call.periods[0];
  const auto size = static_cast<std::size_t>(n);
  if (const std::vector<std::int64_t> ticks = ticks_of(x, out.size()); !ticks.empty()) {
    const Wide unit = static_cast<Wide>(n) * std::llround(x.price_scale);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      sum += ticks[i];
      if (i >= size) sum -= ticks[i - size];
      if (i + 1 >= size) out[i] = quotient(static_cast<Wide>(n) * ticks[i] - sum, unit);
    }
    return;
  }
  sma(call, out);
  for (std::size_t i = size - 1; i < out.size(); ++i) out[i] = finite(x[i] - out[i]);
}

void zscore(const Call& call, std::span<double> out) {
  Column deviation(out.size(), kUndefinedNumber);
  stdev(call, deviation);
  distance_from_mean(call, out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = deviation[i] == 0 ? 0 : finite(out[i] / deviation[i]);
  }
}

void band(const Call& call, std::span<double> out, double factor) {
  Column deviation(out.size(), kUndefinedNumber);
  stdev(call, deviation);
  sma(call, out);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = finite(out[i] + factor * deviation[i]);
}

void bollinger_upper(const Call& call, std::span<double> out) { band(call, out, call.number); }
void bollinger_lower(const Call& call, std::span<double> out) { band(call, out, -call.number); }

std::vector<Function> bollinger_rows() {
  Function upper = window_row("bollinger_upper", bollinger_upper);
  upper.parameters.push_back({"k", Argument::number});
  upper.sentence = "upper Bollinger band";
  upper.formula = "sma(x, n) + k * stdev(x, n)";
  upper.source = "John Bollinger; TA-Lib BBANDS";
  Function middle = window_row("bollinger_middle", sma);
  middle.sentence = "middle of the Bollinger bands";
  middle.formula = "sma(x, n)";
  middle.source = upper.source;
  Function lower = upper;
  lower.name = "bollinger_lower";
  lower.sentence = "lower Bollinger band";
  lower.formula = "sma(x, n) + (-k) * stdev(x, n)";
  lower.numbers = bollinger_lower;
  return {upper, middle, lower};
}

}  // namespace

void variance(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  const std::int64_t n = call.periods[0];
  const std::size_t before = window_start(n);
  if (const std::vector<std::int64_t> ticks = ticks_of(x, out.size()); !ticks.empty()) {
    const Wide unit = static_cast<Wide>(n) * std::llround(x.price_scale);
    TickWindow window;
    for (std::size_t i = 0; i < out.size(); ++i) {
      window.add(ticks[i]);
      if (i > before) window.remove(ticks[i - before - 1]);
      if (i >= before) out[i] = quotient(window.spread(n), unit * unit);
    }
    return;
  }
  const auto count = static_cast<double>(n);
  for (std::size_t i = before; i < out.size(); ++i) {
    const double mean = sum_of(x, i - before, i) / count;
    double squares = 0;
    for (std::size_t j = i - before; j <= i; ++j) squares += (x[j] - mean) * (x[j] - mean);
    out[i] = is_flat(x, i - before, i) ? 0 : finite(squares / count);
  }
}

void stdev(const Call& call, std::span<double> out) {
  variance(call, out);
  root_of(out);
}

std::vector<Function> deviation_rows() {
  Function spread = window_row("variance", variance);
  spread.sentence = "variance of the last n values, ddof 0";
  spread.formula =
      "sum of (x - m) * (x - m), oldest first, then / n, with m = sma(x, n); with a common tick: "
      "(n * sum of squares - square of the sum) / (n * ticks per unit) squared, rounded once";
  spread.edges = "exactly 0 when x did not change in n bars";
  spread.source = "TA-Lib VAR";
  Function root = window_row("stdev", stdev);
  root.sentence = "standard deviation of the last n values, ddof 0";
  root.formula = "sqrt(variance(x, n))";
  root.edges = spread.edges;
  root.source = "TA-Lib STDDEV";
  Function score = window_row("zscore", zscore);
  score.sentence = "distance from the mean in standard deviations";
  score.formula = "(x - sma(x, n)) / stdev(x, n); with a common tick the distance is rounded once";
  score.edges = "0 when x did not change in n bars";
  score.source = "definition";
  std::vector<Function> rows = {root, spread, score};
  for (Function& row : bollinger_rows()) rows.push_back(row);
  return rows;
}

}  // namespace mendel::strategy
