// Population: the islands of one generation, and how the next one comes about. That happens only
// when every slot of every island is scored, so nothing depends on the order of evaluation.
//
// genetic, one objective: the next generation holds the elites (distinct, best first) and then
// children of the whole generation. Several: NSGA-II, every slot is a child, and the parents of the
// next generation survive from (parents, children).
// Islands: before every `migration_every`-th generation the best of island i replaces the worst
// parent of island i + 1, all at once (a ring).
// random: every slot is drawn anew. grid: the next genomes in counting order; the last generation
// may be short.
// Threads: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/genetics/scoring.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::genetics {

struct Island {
  std::vector<Member> slots;
  // With several objectives the best before `slots` (those who bred them), best first; else empty.
  std::vector<Member> survivors;
};

struct Population {
  std::int64_t generation = 0;
  std::vector<Island> islands;
};

// Generation 0, unscored. Error (configuration) when the constraints leave no genome to be found.
Result<Population> initial_population(const strategy::Experiment& experiment);

// Those who may breed, each genome once, best first, given an island whose slots are all scored:
// its slots, or with several objectives the best `population` of slots and survivors.
std::vector<Member> parents(const strategy::Experiment& experiment, const Island& island);

// The generation after `scored`, by the experiment's method. Slots whose genome was carried over
// keep their scoring. Error as above. A grid that is through gives no slots.
Result<Population> next_population(const strategy::Experiment& experiment,
                                   const Population& scored);

// Whether every island's slots of this generation follow from its own slots of the one before: by
// breeding, without migration in between. Then next_island() may run ahead of the other islands.
bool islands_stand_alone(const strategy::Experiment& experiment, std::int64_t generation);
// The island of that generation, as next_population() has it, given all of its scored predecessor.
Island next_island(const strategy::Experiment& experiment, const Island& scored, std::size_t index,
                   std::int64_t generation);

// The share of distinct genomes among all slots.
double diversity(const Population& population);

}  // namespace mendel::genetics
