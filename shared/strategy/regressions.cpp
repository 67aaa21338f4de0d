// Regression: the line through the last n values, and how two columns go together.
#include <algorithm>
#include <cmath>

#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

using Ticks = std::vector<std::int64_t>;

// The k-th of n values has the weight 2 k - (n - 1), k from 0: twice its distance from the middle.
// Slope = sum of weight * x / (n (n n - 1) / 6).
Wide slope_unit(std::int64_t n) {
  return static_cast<Wide>(n) * (static_cast<Wide>(n) * n - 1) / 6;
}

void linreg_slope_of_ticks(const Ticks& ticks, double scale, std::int64_t n,
                           std::span<double> out) {
  const Wide unit = slope_unit(n) * std::llround(scale);
  const std::size_t before = window_start(n);
  for (std::size_t i = before; i < out.size(); ++i) {
    Wide sum = 0;
    std::int64_t weight = 1 - n;
    for (std::size_t j = i - before; j <= i; ++j, weight += 2) {
      sum += static_cast<Wide>(weight) * ticks[j];
    }
    out[i] = quotient(sum, unit);
  }
}

void linreg_slope(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  const std::int64_t n = call.periods[0];
  if (const Ticks ticks = ticks_of(x, out.size()); !ticks.empty()) {
    return linreg_slope_of_ticks(ticks, x.price_scale, n, out);
  }
  const auto unit = static_cast<double>(slope_unit(n));
  const std::size_t before = window_start(n);
  for (std::size_t i = before; i < out.size(); ++i) {
    double sum = 0;
    auto weight = static_cast<double>(1 - n);
    for (std::size_t j = i - before; j <= i; ++j, weight += 2) sum += weight * x[j];
    out[i] = is_flat(x, i - before, i) ? 0 : finite(sum / unit);
  }
}

double limited(double correlation) {
  if (!defined(correlation)) return correlation;
  return std::min(1.0, std::max(-1.0, correlation));
}

void correlation_of_ticks(const Call& call, const Ticks& a, const Ticks& b, std::span<double> out) {
  const std::int64_t n = call.periods[0];
  const Wide unit_a = static_cast<Wide>(n) * std::llround(call.series[0].price_scale);
  const Wide unit_b = static_cast<Wide>(n) * std::llround(call.series[1].price_scale);
  const std::size_t before = window_start(n);
  TickWindow of_a;
  TickWindow of_b;
  Wide products = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    of_a.add(a[i]);
    of_b.add(b[i]);
    products += static_cast<Wide>(a[i]) * b[i];
    if (i > before) {
      const std::size_t gone = i - before - 1;
      of_a.remove(a[gone]);
      of_b.remove(b[gone]);
      products -= static_cast<Wide>(a[gone]) * b[gone];
    }
    if (i < before) continue;
    const Wide together = n * products - static_cast<Wide>(of_a.sum()) * of_b.sum();
    const double spread_a = quotient(of_a.spread(n), unit_a * unit_a);
    const double spread_b = quotient(of_b.spread(n), unit_b * unit_b);
    const double size = std::sqrt(spread_a * spread_b);
    out[i] = size == 0 ? 0 : limited(quotient(together, unit_a * unit_b) / size);
  }
}

void correlation(const Call& call, std::span<double> out) {
  const Numbers& a = call.series[0];
  const Numbers& b = call.series[1];
  const Ticks ticks_a = ticks_of(a, out.size());
  const Ticks ticks_b = ticks_of(b, out.size());
  if (!ticks_a.empty() && !ticks_b.empty()) {
    return correlation_of_ticks(call, ticks_a, ticks_b, out);
  }
  const auto n = static_cast<double>(call.periods[0]);
  const std::size_t before = window_start(call.periods[0]);
  for (std::size_t i = before; i < out.size(); ++i) {
    const std::size_t first = i - before;
    const double mean_a = sum_of(a, first, i) / n;
    const double mean_b = sum_of(b, first, i) / n;
    double together = 0;
    double spread_a = 0;
    double spread_b = 0;
    for (std::size_t j = first; j <= i; ++j) {
      together += (a[j] - mean_a) * (b[j] - mean_b);
      spread_a += (a[j] - mean_a) * (a[j] - mean_a);
      spread_b += (b[j] - mean_b) * (b[j] - mean_b);
    }
    const bool flat =
        (is_flat(a, first, i) && defined(mean_b)) || (is_flat(b, first, i) && defined(mean_a));
    const double size = std::sqrt(spread_a * spread_b);
    out[i] = flat ? 0 : limited(finite(together / size));
  }
}

}  // namespace

std::vector<Function> regression_rows() {
  const Parameter n{"n", Argument::period, 2};
  return {{.name = "linreg_slope",
           .parameters = {{"x"}, n},
           .sentence = "slope per bar of the least-squares line through the last n values, n >= 2",
           .formula = "sum of (2 k - (n - 1)) * x, k = 0 for the oldest, oldest first, then / (n * "
                      "(n * n - 1) / 6); with a common tick: of exact sums, rounded once",
           .edges = "exactly 0 when x did not change in n bars",
           .source = "TA-Lib LINEARREG_SLOPE",
           .look_back = "n - 1",
           .bars_before = window_bars,
           .numbers = linreg_slope},
          {.name = "correlation",
           .parameters = {{"a"}, {"b"}, n},
           .sentence = "correlation of the last n values (Pearson), -1 to 1, n >= 2",
           .formula = "c / sqrt(u * v), held within -1 and 1: c, u, v are the sums of (a - "
                      "ma) * (b - mb), (a - ma) squared, (b - mb) squared, oldest first, around "
                      "the means; when both have a common tick: covariance and variances of exact "
                      "sums, each rounded once",
           .edges = "0 when a or b did not change in n bars",
           .source = "Karl Pearson; TA-Lib CORREL",
           .look_back = "n - 1",
           .bars_before = window_bars,
           .numbers = correlation}};
}

}  // namespace mendel::strategy
