// Events: conditions about more than one bar.
#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

Truth compare(double a, double b, bool (*holds)(double, double)) {
  if (!defined(a) || !defined(b)) return Truth::undefined;
  return holds(a, b) ? Truth::yes : Truth::no;
}

bool above(double a, double b) { return a > b; }
bool below(double a, double b) { return a < b; }
bool not_above(double a, double b) { return a <= b; }

// As `and` joins them.
Truth both(Truth a, Truth b) {
  if (a == Truth::no || b == Truth::no) return Truth::no;
  return a == Truth::yes && b == Truth::yes ? Truth::yes : Truth::undefined;
}

// a > b now and a <= b on the bar before.
void cross(const Numbers& a, const Numbers& b, std::span<Truth> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Truth now = compare(a[i], b[i], above);
    const Truth before = i == 0 ? Truth::undefined : compare(a[i - 1], b[i - 1], not_above);
    out[i] = both(now, before);
  }
}

void crossover(const Call& call, std::span<Truth> out) {
  cross(call.series[0], call.series[1], out);
}
void crossunder(const Call& call, std::span<Truth> out) {
  cross(call.series[1], call.series[0], out);
}

// Each of the last n changes.
void move(const Call& call, std::span<Truth> out, bool (*holds)(double, double)) {
  const Numbers& x = call.series[0];
  const auto n = static_cast<std::size_t>(call.periods[0]);
  for (std::size_t i = 0; i < out.size(); ++i) {
    Truth all = Truth::yes;
    for (std::size_t back = 0; back < n; ++back) {
      const bool exists = i > back;
      all = both(all, exists ? compare(x[i - back], x[i - back - 1], holds) : Truth::undefined);
      if (!exists) break;
    }
    out[i] = all;
  }
}

void rising(const Call& call, std::span<Truth> out) { move(call, out, above); }
void falling(const Call& call, std::span<Truth> out) { move(call, out, below); }

void barssince(const Call& call, std::span<double> out) {
  double bars = kUndefinedNumber;
  for (std::size_t i = 0; i < out.size(); ++i) {
    bars = call.conditions[0][i] == Truth::yes ? 0 : bars + 1;
    out[i] = bars;
  }
}

void valuewhen(const Call& call, std::span<double> out) {
  double value = kUndefinedNumber;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (call.conditions[0][i] == Truth::yes) value = call.series[0][i];
    out[i] = value;
  }
}

Function event(std::string_view name, void (*truths)(const Call&, std::span<Truth>)) {
  Function row;
  row.name = name;
  row.result = "boolean";
  row.source = "definition";
  row.truths = truths;
  return row;
}

std::vector<Function> crossing_rows() {
  Function over = event("crossover", crossover);
  over.parameters = {{"a"}, {"b"}};
  over.sentence = "a rises above b on this bar";
  over.formula = "a > b and a[1] <= b[1]";
  over.look_back = "1";
  over.bars_before = [](const Periods&) { return std::int64_t{1}; };
  Function under = over;
  under.name = "crossunder";
  under.sentence = "a falls below b on this bar";
  under.formula = "b > a and b[1] <= a[1]";
  under.truths = crossunder;
  return {over, under};
}

}  // namespace

std::vector<Function> event_rows() {
  std::vector<Function> rows = crossing_rows();
  Function up = event("rising", rising);
  up.parameters = {{"x"}, {"n", Argument::period}};
  up.sentence = "x rose on each of the last n bars";
  up.formula = "x > x[1] and x[1] > x[2] and …, n comparisons";
  up.look_back = "n";
  up.bars_before = period_bars;
  Function down = up;
  down.name = "falling";
  down.sentence = "x fell on each of the last n bars";
  down.formula = "x < x[1] and x[1] < x[2] and …, n comparisons";
  down.truths = falling;
  rows.push_back(up);
  rows.push_back(down);
  rows.push_back({.name = "barssince",
                  .parameters = {{"c", Argument::condition}},
                  .sentence = "bars since c was true, 0 on such a bar",
                  .formula = "counted from the last bar on which c was true",
                  .edges = "undefined before the first; an undefined c is not true",
                  .source = "definition",
                  .look_back = "0 (finds any earlier bar of the dataset)",
                  .numbers = barssince});
  rows.push_back(
      {.name = "valuewhen",
       .parameters = {{"c", Argument::condition}, {"x"}},
       .sentence = "x on the last bar on which c was true, this one included",
       .formula = "x of that bar",
       .edges = "undefined before the first, and where x was; an undefined c is not true",
       .source = "definition",
       .look_back = "0 (finds any earlier bar of the dataset)",
       .numbers = valuewhen});
  return rows;
}

}  // namespace mendel::strategy
