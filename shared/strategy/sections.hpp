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
inline constexpr std::size_t kStartMax = 1000;
inline constexpr double kGridMax = 10e6;  // what a dispatcher can hold

DataSettings read_data(Draft& draft);
void read_account(Draft& draft, double& equity, AccountLimits& limits);
std::vector<Gene> read_genes(Draft& draft);  // sorted by name
StrategySettings read_strategy(Draft& draft, Formulas& formulas);
RiskSettings read_risk(Draft& draft, Formulas& formulas, double max_leverage);
CostSettings read_costs(Draft& draft);
Section search_section(Draft& draft);
SearchSettings read_search(Draft& draft, const std::vector<Gene>& genes);
// Parts of it: operators; method and, for a grid, generations; stops.
void read_breeding(const Section& section, SearchSettings& search);
void read_method(const Section& section, const std::vector<Gene>& genes, SearchSettings& search);
void read_stops(const Section& section, SearchSettings& search);
ResultSettings read_results(Draft& draft, const SearchSettings& search);
// search.start, which needs genes and constraints.
void read_start(Draft& draft, Experiment& experiment);

// Rules between sections: a way out of every position, no gene without an effect.
void check_exits(Draft& draft, const Experiment& experiment);
void check_genes_used(Draft& draft, const Experiment& experiment);

}  // namespace mendel::strategy
