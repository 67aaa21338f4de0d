// Functions of the strategy language: one table that parser, evaluator and docs/language.md use.
// Each row fixes formula and order of operations, so that a column has the same bits everywhere.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/strategy/interval.hpp"

namespace mendel::strategy {

// Three-valued logic (Kleene): an undefined operand decides nothing.
enum class Truth : std::uint8_t { no = 0, yes = 1, undefined = 2 };

// A column of numbers, or one number that stands for every bar. NaN = undefined.
struct Numbers {
  std::span<const double> values;
  bool constant = false;
  // Ticks per unit when this is a raw price column with a common tick, else 0.
  double price_scale = 0;

  double operator[](std::size_t bar) const { return values[constant ? 0 : bar]; }
};

struct Call {
  std::span<const Numbers> series;
  std::int64_t period = 0;  // >= 1 for functions with a period
};

enum class Argument : std::uint8_t { series, period };

struct Parameter {
  std::string_view name;
  Argument kind;
};

struct Function {
  std::string_view name;
  std::vector<Parameter> parameters;  // series first, at most one period, last
  std::string_view result;            // "number" | "boolean"
  std::string_view sentence;          // what it tells, without a full stop
  std::string_view formula;           // with the order of operations
  std::string_view source;
  // Bars before the current one that it reads: per_period * n + plus, and how the page says it.
  std::int64_t look_back_per_period = 0;
  std::int64_t look_back_plus = 0;
  std::string_view look_back;

  // Exactly one of these is set: a column of numbers, a column of truths, or a scalar function that
  // also works on constants (b is the second argument, or unused).
  void (*numbers)(const Call&, std::span<double> out) = nullptr;
  void (*truths)(const Call&, std::span<Truth> out) = nullptr;
  double (*scalar)(double a, double b) = nullptr;
  Interval (*interval)(const Interval& a, const Interval& b) = nullptr;  // with scalar

  bool has_period() const;
  std::string signature() const;  // "sma(x, n)"
};

// In the order of the documentation.
const std::vector<Function>& functions();
const Function* find_function(std::string_view name);  // nullptr when unknown

}  // namespace mendel::strategy
