// Moving averages.
#include <numeric>

#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

// The seed of ema and rma: the mean of the first n defined values, summed as sma sums them, at the
// bar of the n-th. Without a seed `bar` is the size.
struct Seed {
  std::size_t bar = 0;
  double value = kUndefinedNumber;
};

Seed find_seed(const Numbers& x, std::size_t size, std::int64_t n) {
  if (const std::vector<std::int64_t> ticks = ticks_of(x, size); !ticks.empty()) {
    if (static_cast<std::size_t>(n) > size) return {size};
    const std::int64_t sum = std::accumulate(ticks.begin(), ticks.begin() + n, std::int64_t{0});
    return {window_start(n), mean_of_ticks(sum, n, x.price_scale)};
  }
  double sum = 0;
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (!defined(x[i])) continue;
    sum += x[i];
    if (++seen == n) return {i, finite(sum / static_cast<double>(n))};
  }
  return {size};
}

// state = step(state, x) from the bar after the seed; an undefined x leaves the state as it is.
template <class Step>
void recurse(const Call& call, std::span<double> out, const Step& step) {
  const Numbers& x = call.series[0];
  const Seed seed = find_seed(x, out.size(), call.periods[0]);
  if (seed.bar == out.size()) return;
  double state = seed.value;
  out[seed.bar] = state;
  for (std::size_t i = seed.bar + 1; i < out.size(); ++i) {
    if (!defined(x[i])) continue;
    state = step(state, x[i]);
    out[i] = finite(state);
  }
}

std::int64_t sum_of_weights(std::int64_t n) { return n * (n + 1) / 2; }

void wma_of_ticks(const std::vector<std::int64_t>& ticks, double scale, std::int64_t n,
                  std::span<double> out) {
  const Wide unit = static_cast<Wide>(sum_of_weights(n)) * std::llround(scale);
  const auto size = static_cast<std::size_t>(n);
  Wide weighted = 0;  // oldest 1, newest n
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i < size) {
      weighted += static_cast<Wide>(i + 1) * ticks[i];
    } else {
      weighted += static_cast<Wide>(n) * ticks[i] - sum;
      sum -= ticks[i - size];
    }
    sum += ticks[i];
    if (i + 1 >= size) out[i] = quotient(weighted, unit);
  }
}

void wma(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  const std::int64_t n = call.periods[0];
  if (const std::vector<std::int64_t> ticks = ticks_of(x, out.size()); !ticks.empty()) {
    return wma_of_ticks(ticks, x.price_scale, n, out);
  }
  const auto weights = static_cast<double>(sum_of_weights(n));
  for (std::size_t i = window_start(n); i < out.size(); ++i) {
    double sum = 0;
    double weight = 0;
    for (std::size_t j = i - window_start(n); j <= i; ++j) sum += x[j] * ++weight;
    out[i] = finite(sum / weights);
  }
}

std::int64_t half(std::int64_t n) { return n < 2 ? 1 : n / 2; }

std::int64_t whole_root(std::int64_t n) {
  std::int64_t root = 1;
  while ((root + 1) * (root + 1) <= n) ++root;
  return root;
}

void hma(const Call& call, std::span<double> out) {
  const std::int64_t n = call.periods[0];
  std::vector<double> quick(out.size(), kUndefinedNumber);
  std::vector<double> slow(out.size(), kUndefinedNumber);
  wma({call.series, {half(n)}}, quick);
  wma({call.series, {n}}, slow);
  for (std::size_t i = 0; i < out.size(); ++i) quick[i] = finite(2 * quick[i] - slow[i]);
  const Numbers raw[] = {{quick}};
  wma({raw, {whole_root(n)}}, out);
}

Function recursive(Function row) {
  row.look_back = "10 n (recursive)";
  row.bars_before = recursive_bars;
  return row;
}

Function chosen_average() {
  Function row;
  row.name = "ma";
  row.parameters = {{"kind", Argument::average}, {"x"}, {"n", Argument::period}};
  row.sentence =
      "the moving average that kind names: 'sma', 'ema', 'wma', 'rma', 'hma', or a gene "
      "that chooses among them";
  row.formula = "that of the function named";
  row.source = "definition";
  row.look_back = "the longest of the kinds";
  row.form = Function::Form::chosen;
  row.kinds = {"sma", "ema", "wma", "rma", "hma"};
  return row;
}

}  // namespace

void sma(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  const auto n = static_cast<std::size_t>(call.periods[0]);
  if (const std::vector<std::int64_t> ticks = ticks_of(x, out.size()); !ticks.empty()) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      sum += ticks[i];
      if (i >= n) sum -= ticks[i - n];
      if (i + 1 >= n) out[i] = mean_of_ticks(sum, call.periods[0], x.price_scale);
    }
    return;
  }
  for (std::size_t i = n - 1; i < out.size(); ++i) {
    out[i] = finite(sum_of(x, i + 1 - n, i) / static_cast<double>(n));
  }
}

void ema(const Call& call, std::span<double> out) {
  const double weight = 2.0 / (static_cast<double>(call.periods[0]) + 1.0);
  recurse(call, out, [=](double state, double x) { return state + (x - state) * weight; });
}

void rma(const Call& call, std::span<double> out) {
  const auto n = static_cast<double>(call.periods[0]);
  recurse(call, out, [=](double state, double x) { return (state * (n - 1) + x) / n; });
}

Function window_row(std::string_view name, void (*numbers)(const Call&, std::span<double>)) {
  Function row;
  row.name = name;
  row.parameters = {{"x"}, {"n", Argument::period}};
  row.look_back = "n - 1";
  row.bars_before = window_bars;
  row.numbers = numbers;
  return row;
}

std::vector<Function> average_rows() {
  Function simple = window_row("sma", sma);
  simple.sentence = "simple moving average";
  simple.formula =
      "sum of the last n values, oldest first, then / n; of a raw price column with a common tick: "
      "the exact sum of whole ticks / (n * ticks per unit)";
  simple.source = "TA-Lib SMA";

  Function exponential = recursive(window_row("ema", ema));
  exponential.sentence = "exponential moving average";
  exponential.formula =
      "starts as the sma of the first n values; then ema = ema + (x - ema) * (2 / (n + 1))";
  exponential.source = "TA-Lib EMA";

  Function weighted = window_row("wma", wma);
  weighted.sentence = "linearly weighted moving average, the newest value n times";
  weighted.formula =
      "sum of weight * x, weights 1 to n, oldest first, then / (n * (n + 1) / 2); with a common "
      "tick: of exact sums, rounded once";
  weighted.source = "TA-Lib WMA";

  Function smoothed = recursive(window_row("rma", rma));
  smoothed.sentence = "smoothed moving average of Wilder";
  smoothed.formula = "starts as the sma of the first n values; then rma = (rma * (n - 1) + x) / n";
  smoothed.source = "J. Welles Wilder 1978";

  Function hull = window_row("hma", hma);
  hull.sentence = "moving average of Hull, with little lag";
  hull.formula =
      "wma(2 * wma(x, max(1, floor(n / 2))) - wma(x, n), r) with r = the whole part of the square "
      "root of n";
  hull.source = "Alan Hull 2005";
  hull.look_back = "n + r - 2";
  hull.bars_before = [](const Periods& longest) { return longest[0] + whole_root(longest[0]) - 2; };
  return {simple, exponential, weighted, smoothed, hull, chosen_average()};
}

}  // namespace mendel::strategy
