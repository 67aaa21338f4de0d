#include "shared/strategy/functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace mendel::strategy {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// The language knows no infinity: a result that is not finite is undefined.
double finite(double value) { return std::isfinite(value) ? value : kUndefined; }

bool defined(double value) { return !std::isnan(value); }

// The whole ticks of a raw price column; empty when it has no common tick. Sums of ticks are exact,
// so that equal means are equal doubles and ties are defined.
std::vector<std::int64_t> ticks_of(const Numbers& x, std::size_t size) {
  if (x.constant || !(x.price_scale > 0)) return {};
  std::vector<std::int64_t> ticks(size);
  for (std::size_t i = 0; i < size; ++i) {
    // At most 2^40 in a series with a tick (bar.hpp); anything else is not one.
    if (!(std::fabs(x[i] * x.price_scale) <= 1099511627776.0)) return {};
    ticks[i] = std::llround(x[i] * x.price_scale);
  }
  return ticks;
}

double mean_of_ticks(std::int64_t sum, std::int64_t n, double scale) {
  return static_cast<double>(sum) / (static_cast<double>(n) * scale);
}

std::size_t window_start(std::int64_t n) { return static_cast<std::size_t>(n) - 1; }

void sma(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  const auto n = static_cast<std::size_t>(call.period);
  if (const std::vector<std::int64_t> ticks = ticks_of(x, out.size()); !ticks.empty()) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      sum += ticks[i];
      if (i >= n) sum -= ticks[i - n];
      if (i + 1 >= n) out[i] = mean_of_ticks(sum, call.period, x.price_scale);
    }
    return;
  }
  for (std::size_t i = window_start(call.period); i < out.size(); ++i) {
    double sum = 0;
    for (std::size_t j = i + 1 - n; j <= i; ++j) sum += x[j];
    out[i] = finite(sum / static_cast<double>(n));
  }
}

// Largest (sign = 1) or smallest (sign = -1) of the last n values.
void extreme(const Call& call, std::span<double> out, double sign) {
  const Numbers& x = call.series[0];
  for (std::size_t i = window_start(call.period); i < out.size(); ++i) {
    double best = x[i + 1 - static_cast<std::size_t>(call.period)];
    for (std::size_t j = i + 1 - static_cast<std::size_t>(call.period); j <= i; ++j) {
      if (!defined(x[j]) || !defined(best)) {
        best = kUndefined;
      } else if (sign * x[j] > sign * best) {
        best = x[j];
      }
    }
    out[i] = best;
  }
}

void highest(const Call& call, std::span<double> out) { extreme(call, out, 1); }
void lowest(const Call& call, std::span<double> out) { extreme(call, out, -1); }

// The seed of ema: the mean of the first n defined values, summed as sma sums them, at the bar of
// the n-th. Without a seed `bar` is the size.
struct Seed {
  std::size_t bar = 0;
  double value = kUndefined;
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

void ema(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  const Seed seed = find_seed(x, out.size(), call.period);
  if (seed.bar == out.size()) return;
  const double weight = 2.0 / (static_cast<double>(call.period) + 1.0);
  double state = seed.value;
  out[seed.bar] = state;
  for (std::size_t i = seed.bar + 1; i < out.size(); ++i) {
    if (!defined(x[i])) continue;
    state = state + (x[i] - state) * weight;
    out[i] = finite(state);
  }
}

void rsi(const Call& call, std::span<double> out) {
  const Numbers& x = call.series[0];
  const auto n = static_cast<double>(call.period);
  double previous = kUndefined;
  double gain = 0;
  double loss = 0;
  std::int64_t changes = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!defined(x[i])) continue;
    const double before = std::exchange(previous, x[i]);
    if (!defined(before)) continue;
    const double change = x[i] - before;
    const double up = change > 0 ? change : 0;
    const double down = change < 0 ? -change : 0;
    if (changes < call.period) {
      gain += up;
      loss += down;
      if (++changes < call.period) continue;
      gain /= n;
      loss /= n;
    } else {
      gain = (gain * (n - 1) + up) / n;
      loss = (loss * (n - 1) + down) / n;
    }
    out[i] = gain + loss == 0 ? 0 : finite(100 * (gain / (gain + loss)));
  }
}

Truth compare(double a, double b, bool (*holds)(double, double)) {
  if (!defined(a) || !defined(b)) return Truth::undefined;
  return holds(a, b) ? Truth::yes : Truth::no;
}

bool above(double a, double b) { return a > b; }
bool not_above(double a, double b) { return a <= b; }

// a > b now and a <= b on the bar before, as `and` joins them.
void cross(const Numbers& a, const Numbers& b, std::span<Truth> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Truth now = compare(a[i], b[i], above);
    const Truth before = i == 0 ? Truth::undefined : compare(a[i - 1], b[i - 1], not_above);
    if (now == Truth::no || before == Truth::no) {
      out[i] = Truth::no;
    } else {
      out[i] = now == Truth::yes && before == Truth::yes ? Truth::yes : Truth::undefined;
    }
  }
}

void crossover(const Call& call, std::span<Truth> out) {
  cross(call.series[0], call.series[1], out);
}
void crossunder(const Call& call, std::span<Truth> out) {
  cross(call.series[1], call.series[0], out);
}

double absolute(double a, double) { return std::fabs(a); }
double lesser(double a, double b) {
  if (!defined(a) || !defined(b)) return kUndefined;
  return b < a ? b : a;
}
double greater(double a, double b) {
  if (!defined(a) || !defined(b)) return kUndefined;
  return b > a ? b : a;
}

Interval absolute_interval(const Interval& a, const Interval&) { return abs_of(a); }

Function column(std::string_view name, void (*numbers)(const Call&, std::span<double>)) {
  Function row;
  row.name = name;
  row.parameters = {{"x", Argument::series}, {"n", Argument::period}};
  row.result = "number";
  row.numbers = numbers;
  return row;
}

Function crossing(std::string_view name, void (*truths)(const Call&, std::span<Truth>)) {
  Function row;
  row.name = name;
  row.parameters = {{"a", Argument::series}, {"b", Argument::series}};
  row.result = "boolean";
  row.source = "definition";
  row.look_back_plus = 1;
  row.look_back = "1";
  row.truths = truths;
  return row;
}

Function scalar(std::string_view name, double (*function)(double, double)) {
  Function row;
  row.name = name;
  row.parameters = {{"a", Argument::series}, {"b", Argument::series}};
  row.result = "number";
  row.source = "definition";
  row.look_back = "0";
  row.scalar = function;
  return row;
}

std::vector<Function> averages() {
  Function average = column("sma", sma);
  average.sentence = "simple moving average";
  average.formula =
      "sum of the last n values, oldest first, then / n; of a raw price column with a common tick: "
      "the exact sum of whole ticks / (n * ticks per unit)";
  average.source = "TA-Lib SMA";
  average.look_back_per_period = 1;
  average.look_back_plus = -1;
  average.look_back = "n - 1";

  Function exponential = column("ema", ema);
  exponential.sentence = "exponential moving average";
  exponential.formula =
      "starts as the sma of the first n values; then ema = ema + (x - ema) * (2 / (n + 1))";
  exponential.source = "TA-Lib EMA";
  exponential.look_back_per_period = 10;
  exponential.look_back = "10 n (recursive)";

  Function strength = column("rsi", rsi);
  strength.sentence = "relative strength index, 0 to 100";
  strength.formula =
      "gain and loss start as means of the first n changes; then gain = (gain * (n - 1) + new) / "
      "n, "
      "loss alike; 100 * (gain / (gain + loss)), 0 when both are 0";
  strength.source = "J. Welles Wilder 1978; TA-Lib RSI";
  strength.look_back_per_period = 10;
  strength.look_back = "10 n (recursive)";
  return {average, exponential, strength};
}

std::vector<Function> make_functions() {
  std::vector<Function> rows = averages();
  Function top = column("highest", highest);
  top.sentence = "largest of the last n values, this bar's included";
  top.formula = "largest value";
  top.source = "TA-Lib MAX";
  top.look_back_per_period = 1;
  top.look_back_plus = -1;
  top.look_back = "n - 1";
  rows.push_back(top);
  Function bottom = top;
  bottom.name = "lowest";
  bottom.sentence = "smallest of the last n values, this bar's included";
  bottom.formula = "smallest value";
  bottom.source = "TA-Lib MIN";
  bottom.numbers = lowest;
  rows.push_back(bottom);

  rows.push_back(crossing("crossover", crossover));
  rows.back().sentence = "a rises above b on this bar";
  rows.back().formula = "a > b and a[1] <= b[1]";
  rows.push_back(crossing("crossunder", crossunder));
  rows.back().sentence = "a falls below b on this bar";
  rows.back().formula = "b > a and b[1] <= a[1]";

  rows.push_back(scalar("min", lesser));
  rows.back().sentence = "the smaller of the two";
  rows.back().formula = "b if b < a, else a";
  rows.back().interval = min_of;
  rows.push_back(scalar("max", greater));
  rows.back().sentence = "the larger of the two";
  rows.back().formula = "b if b > a, else a";
  rows.back().interval = max_of;
  rows.push_back(scalar("abs", absolute));
  rows.back().parameters = {{"a", Argument::series}};
  rows.back().sentence = "the distance from 0";
  rows.back().formula = "a without its sign";
  rows.back().interval = absolute_interval;
  return rows;
}

}  // namespace

bool Function::has_period() const {
  return !parameters.empty() && parameters.back().kind == Argument::period;
}

std::string Function::signature() const {
  std::string list;
  for (const Parameter& parameter : parameters) {
    list += (list.empty() ? "" : ", ") + std::string(parameter.name);
  }
  return fmt::format("{}({})", name, list);
}

const std::vector<Function>& functions() {
  static const std::vector<Function> kFunctions = make_functions();
  return kFunctions;
}

const Function* find_function(std::string_view name) {
  for (const Function& row : functions()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace mendel::strategy
