// Population: the islands of one generation, and how the next one is bred. A generation is bred
// only when every slot of every island is scored, so nothing depends on the order of evaluation.
//
// One objective: the next generation holds the elites (distinct, best first) and then children of
// the whole generation. Several: NSGA-II, every slot is a child, and the parents of the next
// generation survive from (parents, children).
// Islands: before every `migration_every`-th generation the best of island i replaces the worst
// parent of island i + 1, all at once (a ring).
// Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/genetics/scoring.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::genetics {

struct Island {
  std::vector<Member> slots;
  // With several objectives the parents that bred `slots`, best first; else empty.
  std::vector<Member> survivors;
};

struct Population {
  std::int64_t generation = 0;
  std::vector<Island> islands;
};

// Generation 0, unscored. Error (configuration) when the constraints leave no genome to be found.
Result<Population> initial_population(const strategy::Experiment& experiment);

// Those who may breed, best first, given an island whose slots are all scored: its slots, or with
// several objectives the best `population` distinct ones of slots and survivors.
std::vector<Member> parents(const strategy::Experiment& experiment, const Island& island);

// The generation after `scored`. Slots whose genome was carried over keep their scoring.
Population breed(const strategy::Experiment& experiment, const Population& scored);

// The share of distinct genomes among all slots.
double diversity(const Population& population);

}  // namespace mendel::genetics
