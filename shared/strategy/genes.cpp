#include "shared/strategy/genes.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "shared/base/bytes.hpp"
#include "shared/base/check.hpp"

namespace mendel::strategy {
namespace {

// A grid whose start and step are decimals is computed in whole numbers and divided once, so that
// 0.01 + 2 * 0.01 is the double 0.03 and prints as such.
struct DecimalGrid {
  double scale = 1;
  double least = 0;
  double step = 0;
};

std::optional<double> scaled(double value, double scale) {
  const double whole = std::nearbyint(value * scale);
  const bool exact = std::fabs(whole) <= 4503599627370496.0 && whole / scale == value;
  return exact ? std::optional(whole) : std::nullopt;
}

std::optional<DecimalGrid> decimal_grid(double least, double step) {
  for (double scale = 1; scale <= 1e9; scale *= 10) {
    const auto first = scaled(least, scale);
    const auto stride = scaled(step, scale);
    if (first && stride && *stride != 0) return DecimalGrid{scale, *first, *stride};
  }
  return std::nullopt;
}

double grid_value(const Gene& gene, double index) {
  if (const auto grid = decimal_grid(gene.least, gene.step)) {
    return (grid->least + index * grid->step) / grid->scale;
  }
  return gene.least + index * gene.step;
}

// Adding +0 turns -0 into +0.
double positive_zero(double value) { return value + 0.0; }

}  // namespace

std::uint64_t Gene::levels() const {
  if (type == Type::choice) return choices.size();
  if (step <= 0) return 0;
  // A step that divides the range only up to rounding still reaches its end.
  return static_cast<std::uint64_t>(std::floor((most - least) / step + 1e-9)) + 1;
}

double Gene::snap(double raw) const {
  if (!(raw > least)) return positive_zero(least);
  if (step <= 0) return positive_zero(std::min(raw, most));
  const auto last = static_cast<double>(levels() - 1);
  const double index = raw >= most ? last : std::ceil((raw - least) / step - 0.5);
  return positive_zero(grid_value(*this, std::clamp(index, 0.0, last)));
}

config::Value Gene::meaning(double entry) const {
  if (type == Type::choice) {
    check(entry >= 0 && entry < static_cast<double>(choices.size()), "a choice is an index");
    config::Value choice = choices[static_cast<std::size_t>(entry)];
    choice.place = {};
    return choice;
  }
  if (type == Type::integer) return config::Value(static_cast<std::int64_t>(entry));
  return config::Value(entry);
}

std::optional<double> Gene::entry_of(const config::Value& meaning) const {
  if (type == Type::choice) {
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const bool same = choices[i].is_text()
                            ? meaning.is_text() && meaning.as_text() == choices[i].as_text()
                            : meaning.is_number() && meaning.as_number() == choices[i].as_number();
      if (same) return static_cast<double>(i);
    }
    return std::nullopt;
  }
  if (!meaning.is_number() || !std::isfinite(meaning.as_number())) return std::nullopt;
  const double number = meaning.as_number();
  const double snapped = snap(number);
  // A decimal that stands for a step of the grid is that step.
  const bool near = std::fabs(snapped - number) <= 1e-12 * std::max(1.0, std::fabs(number));
  return near ? std::optional(snapped) : std::nullopt;
}

std::string canonical_bytes(const Genome& genome) {
  std::string bytes;
  for (const double value : genome) append_number(bytes, value);
  return bytes;
}

config::Value to_value(const std::vector<Gene>& genes, const Genome& genome) {
  check(genes.size() == genome.size(), "a genome has one value per gene");
  config::Value table = config::Value::table();
  for (std::size_t i = 0; i < genes.size(); ++i) {
    table.set(genes[i].name, genes[i].meaning(genome[i]));
  }
  return table;
}

}  // namespace mendel::strategy
