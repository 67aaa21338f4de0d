// Genes and genomes: the open parameters of a strategy and one choice of their values.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/config/value.hpp"

namespace mendel::strategy {

// The values least + k * step. A grid whose start and step are decimals is computed in whole
// numbers and divided once, so that 0.01 + 2 * 0.01 is the double 0.03 and prints as such.
struct Grid {
  Grid() = default;
  Grid(double least, double step);
  double value(double index) const {
    const double there = start + index * stride;
    return scale == 1 ? there : there / scale;
  }

  double scale = 1;
  double start = 0;
  double stride = 0;
};

struct Gene {
  enum class Type { integer, real, choice };
  std::string name;
  Type type = Type::integer;
  double least = 0;                    // inclusive; for a choice 0
  double most = 0;                     // inclusive; for a choice size - 1
  double step = 1;                     // values are least + k * step; 0 = continuous (real only)
  bool logarithmic = false;            // operators work on its logarithm; least > 0
  bool condition = false;              // a bool: its name in an expression means "is 1"
  std::vector<config::Value> choices;  // numbers or text, for a choice
  // What one backtest takes unless it is told otherwise. It changes nothing of a search, so it is
  // no part of the canonical text.
  std::optional<double> value;
  config::Place place;

  // Whether it is off or on: a choice of 0 and 1.
  bool is_bool() const;
  // Number of distinct values, 0 when continuous.
  std::uint64_t levels() const;
  // The value nearest to `raw` that the gene allows (range, step); deterministic, ties downward.
  double snap(double raw) const;
  // What a genome's entry means: the number itself, or the chosen entry.
  config::Value meaning(double value) const;
  // The entry that has this meaning; nullopt when the gene does not allow it.
  std::optional<double> entry_of(const config::Value& meaning) const;
};

// One value per gene, in the order of the experiment's genes (sorted by name). A choice is held as
// its index. Never NaN; -0 is held as +0.
using Genome = std::vector<double>;

// How many genomes the genes have, constraints left aside; exact below 2^53. Infinite when a gene
// is continuous.
double combinations(const std::vector<Gene>& genes);

// Little-endian IEEE bytes of the values: identity and tie-break order of a genome.
std::string canonical_bytes(const Genome& genome);
// "fast=10 kind=ema", as search.start has it.
std::string to_words(const std::vector<Gene>& genes, const Genome& genome);
// {"fast": 10, "kind": "ema"}
config::Value to_value(const std::vector<Gene>& genes, const Genome& genome);

}  // namespace mendel::strategy
