// Reproduction: genomes from draws. Only + - * / reach a gene, and every draw is keyed by (seed,
// island, generation, slot, purpose): a child is a pure function of its parents and its place.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "shared/base/rng.hpp"
#include "shared/genetics/scoring.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::genetics {

// A draw of a random genome is tried this often before the constraints count as unsatisfiable: a
// constraint that one genome in a thousand meets still fails only once in 20,000 slots.
inline constexpr int kInitialTriesMax = 10'000;
// A child that breaks a constraint is drawn again this often; then its first parent stands in.
inline constexpr int kRepairTriesMax = 32;
// A mutation's standard deviation, as a share of the gene's range.
inline constexpr double kMutationSpread = 0.1;
// A blend reaches this share of the parents' distance beyond each of them.
inline constexpr double kBlendReach = 0.25;

// Where a child will live: with the seed, the key of its draws.
struct Place {
  std::uint16_t island = 0;
  std::uint32_t generation = 0;
  std::uint32_t slot = 0;
};

// Uniform in every gene, and within the constraints; nullopt after kInitialTriesMax tries.
std::optional<strategy::Genome> random_genome(const strategy::Experiment& experiment, Place place);

// Each gene on its own: with one half it is a parent's (either with equal chance), else, for
// numbers, uniform between the parents' values widened by kBlendReach on both sides (BLX of
// Eshelman and Schaffer 1993), snapped to what the gene allows. A choice is always a parent's.
strategy::Genome cross(const strategy::Experiment& experiment, const strategy::Genome& first,
                       const strategy::Genome& second, Draws& draws);

// Each gene with the mutation rate (0 in the experiment: 1 / genes): numbers move by a normal step
// of kMutationSpread of the range, at least one step wide, a choice is drawn anew.
void mutate(const strategy::Experiment& experiment, strategy::Genome& genome, Draws& draws);

// Two tournaments among `parents` (best first, not empty), crossover, mutation, repair. A child
// that would be a copy of a parent mutates in one gene more.
strategy::Genome make_child(const strategy::Experiment& experiment, std::span<const Member> parents,
                            Place place);

}  // namespace mendel::genetics
