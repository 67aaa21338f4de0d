// Explanation: what a strategy computes: its columns (numbers per bar) and predicates (the
// conditions that `and`, `or` and `not` join), and how many of each a set of genomes needs when
// equal ones are computed once.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/strategy/expression.hpp"

namespace mendel::strategy {

struct ExplainedTerm {
  ExpressionPtr term;
  std::string text;
  // Distinct columns over all values of the genes it reads; 0 = a gene is continuous.
  std::uint64_t variants = 1;
};

struct Explanation {
  std::vector<ExplainedTerm> columns;     // functions and arithmetic of bars, innermost first
  std::vector<ExplainedTerm> predicates;  // in the order in which signals read them
};

Explanation explain(const Experiment& experiment);

// What these genomes compute, on one symbol.
struct Sharing {
  std::uint64_t columns = 0, distinct_columns = 0;
  std::uint64_t predicates = 0, distinct_predicates = 0;
};

Sharing sharing_of(const Experiment& experiment, const Explanation& explanation,
                   const std::vector<Genome>& genomes);

}  // namespace mendel::strategy
