#include "shared/strategy/functions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shared/strategy/function_families.hpp"
#include "shared/strategy/rolling.hpp"

namespace mendel::strategy {
namespace {

std::vector<Function> make_functions() {
  std::vector<Function> rows;
  const auto add = [&](std::string_view family, std::vector<Function> more) {
    for (Function& row : more) {
      row.family = family;
      rows.push_back(std::move(row));
    }
  };
  add("Prices and time", price_rows());
  add("Moving averages", average_rows());
  add("Oscillators", oscillator_rows());
  add("Ranges", range_rows());
  add("Direction", direction_rows());
  add("Volume", volume_rows());
  add("Deviation", deviation_rows());
  add("Regression", regression_rows());
  add("Events", event_rows());
  add("Arithmetic", arithmetic_rows());
  add("Other bars", context_rows());
  return rows;
}

}  // namespace

std::string Function::signature() const {
  if (parameters.empty()) return std::string(name);
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

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const Function& row : functions()) names.emplace_back(row.name);
  return names;
}

void fill_column(const Function& function, const Call& call, std::span<double> out) {
  if (!call.bars->loses_ticks()) return function.numbers(call, out);
  std::vector<Numbers> series(call.series.begin(), call.series.end());
  for (Numbers& one : series) one.price_scale = 0;
  market::SeriesView bars = *call.bars;
  bars.price_scale = 0;
  Call part = call;
  part.series = series;
  part.bars = &bars;
  function.numbers(part, out);

  const std::size_t count = call.bars->tick_bars;
  std::vector<Truths> conditions(call.conditions.begin(), call.conditions.end());
  const auto cut = [count](auto& column) {
    if (!column.constant) column.values = column.values.first(count);
  };
  series.assign(call.series.begin(), call.series.end());
  for (Numbers& one : series) cut(one);
  for (Truths& one : conditions) cut(one);
  bars = call.bars->first(count);
  part.series = series;
  part.conditions = conditions;
  std::fill_n(out.begin(), count, kUndefinedNumber);
  function.numbers(part, out.first(count));
}

}  // namespace mendel::strategy
