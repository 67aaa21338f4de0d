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

struct Gene {
  enum class Type { integer, real, choice };
  std::string name;
  Type type = Type::integer;
  double least = 0;                    // inclusive; for a choice 0
  double most = 0;                     // inclusive; for a choice size - 1
  double step = 1;                     // values are least + k * step; 0 = continuous (real only)
  std::vector<config::Value> choices;  // numbers or text, for a choice
  // What one backtest takes unless it is told otherwise. It changes nothing of a search, so it is
  // no part of the canonical text.
  std::optional<double> value;
  config::Place place;

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

// Little-endian IEEE bytes of the values: identity and tie-break order of a genome.
std::string canonical_bytes(const Genome& genome);
// {"fast": 10, "kind": "ema"}
config::Value to_value(const std::vector<Gene>& genes, const Genome& genome);

}  // namespace mendel::strategy
