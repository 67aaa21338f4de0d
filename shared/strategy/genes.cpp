#include "shared/strategy/genes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "shared/base/bytes.hpp"
#include "shared/base/check.hpp"

namespace mendel::strategy {
namespace {

std::optional<double> scaled(double value, double scale) {
  const double whole = std::nearbyint(value * scale);
  const bool exact = std::fabs(whole) <= 4503599627370496.0 && whole / scale == value;
  return exact ? std::optional(whole) : std::nullopt;
}

// Adding +0 turns -0 into +0.
double positive_zero(double value) { return value + 0.0; }

}  // namespace

Grid::Grid(double least, double step) : start(least), stride(step) {
  for (double power = 1; power <= 1e9; power *= 10) {
    const auto first = scaled(least, power);
    const auto wide = scaled(step, power);
    if (!first || !wide || *wide == 0) continue;
    scale = power;
    start = *first;
    stride = *wide;
    return;
  }
}

bool Gene::is_bool() const {
  return type == Type::choice && choices.size() == 2 && choices[0].is_integer() &&
         choices[0].as_integer() == 0 && choices[1].is_integer() && choices[1].as_integer() == 1;
}

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
  return positive_zero(Grid(least, step).value(std::clamp(index, 0.0, last)));
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
  if (meaning.is_bool())
    return is_bool() ? std::optional(meaning.as_bool() ? 1.0 : 0.0) : std::nullopt;
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

double combinations(const std::vector<Gene>& genes) {
  double count = 1;
  for (const Gene& gene : genes) {
    const std::uint64_t levels = gene.levels();
    count *= levels == 0 ? std::numeric_limits<double>::infinity() : static_cast<double>(levels);
  }
  return count;
}

std::string canonical_bytes(const Genome& genome) {
  std::string bytes;
  for (const double value : genome) append_number(bytes, value);
  return bytes;
}

std::string to_words(const std::vector<Gene>& genes, const Genome& genome) {
  check(genes.size() == genome.size(), "a genome has one value per gene");
  std::string words;
  for (std::size_t i = 0; i < genes.size(); ++i) {
    const config::Value value = genes[i].meaning(genome[i]);
    words += fmt::format("{}{}={}", i == 0 ? "" : " ", genes[i].name,
                         value.is_text() ? value.as_text() : fmt::format("{}", value.as_number()));
  }
  return words;
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
