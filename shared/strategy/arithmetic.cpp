// Arithmetic of single values; also of constants.
#include <cmath>

#include "shared/base/elementary.hpp"
#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

double lesser(double a, double b) {
  if (!defined(a) || !defined(b)) return kUndefinedNumber;
  return b < a ? b : a;
}

double greater(double a, double b) {
  if (!defined(a) || !defined(b)) return kUndefinedNumber;
  return b > a ? b : a;
}

double absolute(double a, double) { return std::fabs(a); }
double logarithm(double a, double) { return finite(log_exact(a)); }
double root(double a, double) { return finite(std::sqrt(a)); }

Interval absolute_interval(const Interval& a, const Interval&) { return abs_of(a); }

// Rising functions, defined from `least` on; the ends decide.
Interval rising_interval(const Interval& a, double (*function)(double, double), bool inside) {
  if (!a.defined || !inside) return {};
  if (a.point()) return Interval::of(function(a.least, 0));
  return {function(a.least, 0), function(a.most, 0), false, true};
}

Interval logarithm_interval(const Interval& a, const Interval&) {
  return rising_interval(a, logarithm, a.least > 0);
}

Interval root_interval(const Interval& a, const Interval&) {
  return rising_interval(a, root, a.least >= 0);
}

struct Scalar {
  std::string_view name, sentence, formula, edges, source;
  double (*function)(double, double);
  Interval (*interval)(const Interval&, const Interval&);
};

Function row_of(const Scalar& scalar, std::vector<Parameter> parameters) {
  Function row;
  row.name = scalar.name;
  row.parameters = std::move(parameters);
  row.sentence = scalar.sentence;
  row.formula = scalar.formula;
  row.edges = scalar.edges;
  row.source = scalar.source;
  row.look_back = "0";
  row.form = Function::Form::scalar;
  row.scalar = scalar.function;
  row.interval = scalar.interval;
  return row;
}

}  // namespace

std::vector<Function> arithmetic_rows() {
  const std::vector<Parameter> one = {{"a"}};
  const std::vector<Parameter> two = {{"a"}, {"b"}};
  return {row_of({"min", "the smaller of the two", "b if b < a, else a", "", "definition", lesser,
                  min_of},
                 two),
          row_of({"max", "the larger of the two", "b if b > a, else a", "", "definition", greater,
                  max_of},
                 two),
          row_of({"abs", "the distance from 0", "a without its sign", "", "definition", absolute,
                  absolute_interval},
                 one),
          row_of({"log", "natural logarithm",
                  "a = m * 2^e with m near 1; e * ln 2 + 2 artanh((m - 1) / (m + 1)) by its series "
                  "of twelve terms",
                  "undefined unless a > 0", "shared/base/elementary.cpp", logarithm,
                  logarithm_interval},
                 one),
          row_of({"sqrt", "square root", "correctly rounded (IEEE 754)", "undefined when a < 0",
                  "IEEE 754", root, root_interval},
                 one)};
}

}  // namespace mendel::strategy
