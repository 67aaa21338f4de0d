// Random markets and strategies for comparing the kernel with the plain loop. A seed gives the same
// on every machine.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "shared/base/rng.hpp"
#include "shared/base/time.hpp"
#include "shared/market/bar.hpp"
#include "shared/strategy/functions.hpp"

namespace mendel::kernel {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : draws_(seed, 0, 0, 0, Purpose::sample) {}

  std::size_t below(std::size_t bound) { return draws_.below(bound); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  double unit() { return draws_.unit(); }
  double normal() { return draws_.normal(); }
  template <class T>
  const T& of(const std::vector<T>& values) {
    return values[below(values.size())];
  }

 private:
  Draws draws_;
};

// How the prices of a market move.
enum class Weather { ticks, fine, flat, wild, steps, noise, spikes, odd_quotes };
inline constexpr std::size_t kWeathers = 8;

inline market::Series random_market(Chance& chance, std::string symbol, std::size_t bars,
                                    std::int64_t bar_ns, Weather weather) {
  market::Series series;
  series.symbol = std::move(symbol);
  const bool has_tick = weather == Weather::ticks || weather == Weather::flat ||
                        weather == Weather::steps || weather == Weather::spikes ||
                        weather == Weather::odd_quotes;
  // As text has them: a multiple of 0.01 is not always the number nearest to its digits.
  const auto rounded = [&](double price) {
    return has_tick ? std::max(1.0, std::round(price * 100)) / 100 : std::max(1e-3, price);
  };
  double price = 50 + 100 * chance.unit();
  std::int64_t time = 1'672'531'200 * kNsPerSecond;
  for (std::size_t i = 0; i < bars; ++i) {
    const double spread = weather == Weather::wild ? 0.2 : 0.01;
    const double open =
        rounded(chance.one_in(3) ? price * (1 + spread * chance.normal() / 2) : price);
    double close = rounded(open * (1 + spread * chance.normal()));
    if (weather == Weather::flat && !chance.one_in(50)) close = open;
    if (weather == Weather::steps)
      close = rounded(open + 0.01 * (static_cast<double>(chance.below(3)) - 1));
    // Prices that differ by a rounding error, as adjusted ones do.
    if (weather == Weather::noise) {
      close = 100 + static_cast<double>(chance.below(4));
      if (chance.one_in(2)) close = std::nextafter(close, chance.one_in(2) ? 0.0 : 1e9);
    }
    if (weather == Weather::spikes && chance.one_in(300)) close = rounded(close * 1000);
    if (weather == Weather::spikes && close > 50 * 1000 && chance.one_in(2))
      close = rounded(close / 1000);
    // One price in the middle or so that has no tick.
    if (weather == Weather::odd_quotes && i > bars / 4 && chance.one_in(bars)) close /= 0.99;
    const double high =
        rounded(std::max(open, close) * (1 + (chance.one_in(2) ? spread * chance.unit() : 0)));
    const double low =
        rounded(std::min(open, close) * (1 - (chance.one_in(2) ? spread * chance.unit() : 0)));
    series.push({time, open, std::max({open, close, high}), std::min({open, close, low}), close,
                 static_cast<double>(chance.below(1000))});
    price = close;
    time += bar_ns * (chance.one_in(200) ? 1 + static_cast<std::int64_t>(chance.below(40)) : 1);
  }
  market::find_ticks(series);
  return series;
}

// Terms over the genes `a`, `b` (whole, 1 to 30) and `level` (0 to 100), with every function of the
// language.
class Speech {
 public:
  explicit Speech(Chance& chance) : chance_(chance) {}

  std::string number(int depth) {
    if (depth <= 0) return chance_.of(kColumns);
    switch (chance_.below(7)) {
      case 0:
        return fmt::format("sma({}, {})", chance_.of(kColumns), period(1));
      case 1:
        return fmt::format("ema({}, {})", chance_.of(kColumns), period(1));
      case 2:
        return fmt::format("({} {} {})", number(depth - 1), chance_.of(kOperators),
                           number(depth - 1));
      case 3:
        return fmt::format("({})[{}]", number(depth - 1), chance_.one_in(2) ? "1" : "a");
      case 4:
        return chance_.of(kColumns);
      default:
        return call("number", depth);
    }
  }

  std::string condition(int depth) {
    switch (depth <= 0 ? chance_.below(3) : chance_.below(9)) {
      case 0:
        return fmt::format("{} {} {}", number(depth), chance_.of(kComparisons), number(depth));
      case 1:
        return fmt::format("rsi(close, {}) {} level", period(1), chance_.of(kComparisons));
      case 2:
        return fmt::format("close {} {}", chance_.of(kComparisons), number(depth));
      case 3:
        return fmt::format("({} and {})", condition(depth - 1), condition(depth - 1));
      case 4:
        return fmt::format("({} or {})", condition(depth - 1), condition(depth - 1));
      case 5:
        return fmt::format("not ({})", condition(depth - 1));
      case 6:
        return fmt::format("({})[{}]", condition(depth - 1), chance_.one_in(2) ? "1" : "b");
      case 7:
        return fmt::format("crossover({}, {})", number(depth), number(depth));
      default:
        return call("boolean", depth);
    }
  }

 private:
  // Any function of the table with such a result.
  std::string call(std::string_view result, int depth) {
    std::vector<const strategy::Function*> fitting;
    for (const strategy::Function& one : strategy::functions()) {
      if (one.result == result || one.result == "either") fitting.push_back(&one);
    }
    const strategy::Function& function = *chance_.of(fitting);
    if (function.parameters.empty()) return std::string(function.name);
    std::string arguments;
    for (const strategy::Parameter& parameter : function.parameters) {
      arguments +=
          (arguments.empty() ? "" : ", ") + argument(parameter, function, result, depth - 1);
    }
    return fmt::format("{}({})", function.name, arguments);
  }

  std::string argument(const strategy::Parameter& parameter, const strategy::Function& function,
                       std::string_view result, int depth) {
    switch (parameter.kind) {
      case strategy::Argument::series:
        return number(depth);
      case strategy::Argument::condition:
        return condition(depth);
      case strategy::Argument::period:
        return period(parameter.least);
      case strategy::Argument::number:
        return chance_.one_in(2) ? "2" : "level / 50";
      case strategy::Argument::average:
        return chance_.one_in(2) ? "'ema'" : "'hma'";
      case strategy::Argument::text:
        return function.form == strategy::Function::Form::timeframe ? "'1w'" : "'X'";
      case strategy::Argument::any:
        break;
    }
    return result == "number" ? number(depth) : condition(depth);
  }

  std::string period(std::int64_t least) {
    const std::string text = chance_.of(kPeriods);
    return least > 1 ? fmt::format("{} + {}", text, least) : text;
  }

  inline static const std::vector<std::string> kColumns = {"open",  "high",  "low",
                                                           "close", "close", "volume"};
  inline static const std::vector<std::string> kPeriods = {"a", "b", "1", "7", "a + b"};
  inline static const std::vector<std::string> kOperators = {"+", "-", "*", "/"};
  inline static const std::vector<std::string> kComparisons = {">", "<", ">=", "<=", "==", "!="};

  Chance& chance_;
};

}  // namespace mendel::kernel
