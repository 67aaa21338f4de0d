// Sections: readers of the experiment's tables. Each fills its settings or lets the draft refuse.
// Threads: one thread.
#pragma once

#include <vector>

#include "shared/strategy/draft.hpp"
#include "shared/strategy/experiment.hpp"
#include "shared/strategy/formulas.hpp"

namespace mendel::strategy {

inline constexpr std::size_t kSymbolsMax = 1000;
inline constexpr std::size_t kGenesMax = 256;
inline constexpr std::size_t kChoicesMax = 1000;
inline constexpr std::size_t kConstraintsMax = 64;
inline constexpr std::size_t kObjectivesMax = 4;
inline constexpr std::size_t kLimitsMax = 16;

DataSettings read_data(Draft& draft);
void read_account(Draft& draft, double& equity, AccountLimits& limits);
std::vector<Gene> read_genes(Draft& draft);  // sorted by name
StrategySettings read_strategy(Draft& draft, Formulas& formulas);
RiskSettings read_risk(Draft& draft, Formulas& formulas, double max_leverage);
CostSettings read_costs(Draft& draft);
SearchSettings read_search(Draft& draft);

// Rules between sections: a way out of every position, no gene without an effect.
void check_exits(Draft& draft, const Experiment& experiment);
void check_genes_used(Draft& draft, const Experiment& experiment);

}  // namespace mendel::strategy
