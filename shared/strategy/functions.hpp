// Functions of the strategy language: one table that parser, evaluator, `mendel language` and
// docs/language.md use. Each row fixes formula and order of operations, so that a column has the
// same bits everywhere.
// Threads: pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/market/bar.hpp"
#include "shared/strategy/interval.hpp"

namespace mendel::strategy {

// Three-valued logic (Kleene): an undefined operand decides nothing.
enum class Truth : std::uint8_t { no = 0, yes = 1, undefined = 2 };

// A column of numbers, or one number that stands for every bar. NaN = undefined.
struct Numbers {
  std::span<const double> values;
  bool constant = false;
  // Ticks per unit when this is a price column with a common tick (then nothing in it is
  // undefined), else 0.
  double price_scale = 0;

  double operator[](std::size_t bar) const { return values[constant ? 0 : bar]; }
};

// The same for conditions.
struct Truths {
  std::span<const Truth> values;
  bool constant = false;

  Truth operator[](std::size_t bar) const { return values[constant ? 0 : bar]; }
};

using Periods = std::array<std::int64_t, 3>;

// The arguments of one call, each kind in the order of the parameters.
struct Call {
  std::span<const Numbers> series;
  Periods periods{};  // each at least what its parameter says
  double number = 0;
  std::span<const Truths> conditions;
  const market::SeriesView* bars = nullptr;  // the bars themselves, as long as the output
};

enum class Argument : std::uint8_t {
  series,
  condition,
  period,   // a whole number over genes
  number,   // a number over genes
  average,  // of ma: the name of one of its `kinds`, or a gene that chooses one
  text,     // of at and symbol: a timeframe, a symbol
  any,      // of at and symbol: a number or a condition
};

struct Parameter {
  std::string_view name;
  Argument kind = Argument::series;
  std::int64_t least = 1;  // of a period
};

struct Function {
  // What evaluates a call: its own callback, the function an argument chooses (ma), or the
  // expression's argument on other bars (at, symbol).
  enum class Form : std::uint8_t { column, scalar, chosen, timeframe, symbol };

  std::string_view name;
  std::vector<Parameter> parameters;   // none: written without parentheses
  std::string_view result = "number";  // "number" | "boolean" | "either"
  std::string_view family;             // heading in the documentation
  std::string_view sentence;           // what it tells, without a full stop
  std::string_view formula;            // with the order of operations
  std::string_view edges;              // flat prices, zero ranges …; "" = nothing special
  std::string_view source;
  // Bars before the current one that it reads beside its arguments' own: how the page says it, and
  // for the longest periods (it never shrinks when a period grows).
  std::string_view look_back;
  std::int64_t (*bars_before)(const Periods& longest) = [](const Periods&) {
    return std::int64_t{0};
  };

  Form form = Form::column;
  bool reads_bars = false;              // uses Call::bars
  std::int64_t tick_parts = 0;          // the output has ticks: this many to the market's one
  std::vector<std::string_view> kinds;  // of form chosen: functions of (x, n)

  // Form column: one of the first two. Outputs arrive filled with undefined. Form scalar: works on
  // constants too (b is the second argument, or the first again).
  void (*numbers)(const Call&, std::span<double> out) = nullptr;
  void (*truths)(const Call&, std::span<Truth> out) = nullptr;
  double (*scalar)(double a, double b) = nullptr;
  Interval (*interval)(const Interval& a, const Interval& b) = nullptr;  // with scalar

  std::string signature() const;  // "sma(x, n)", "hl2"
};

// The column of a call of a function with `numbers`. Where the bars lose their ticks, the values
// before that are computed from the bars before it alone, and all others as if there were no ticks:
// no later bar changes an earlier value. Requires Call::bars.
void fill_column(const Function& function, const Call& call, std::span<double> out);

// In the order of the documentation, families together.
const std::vector<Function>& functions();
const Function* find_function(std::string_view name);  // nullptr when unknown
std::vector<std::string> function_names();

}  // namespace mendel::strategy
