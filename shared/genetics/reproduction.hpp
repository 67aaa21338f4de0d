// Reproduction: genomes from draws. Every draw is keyed by (seed, island, generation, slot,
// purpose): a child is a pure function of its parents and its place.
// Threads: a Breeder belongs to one thread; the functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/rng.hpp"
#include "shared/genetics/operators.hpp"
#include "shared/genetics/scoring.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::genetics {

// A draw of a random genome is tried this often before the constraints count as unsatisfiable: a
// constraint that one genome in a thousand meets still fails only once in 20,000 slots.
inline constexpr int kInitialTriesMax = 10'000;
// A child that breaks a constraint is drawn again this often; then its first parent stands in.
inline constexpr int kRepairTriesMax = 32;
// `adaptive`: the mutation rate of a population that has drawn together, in times the usual.
inline constexpr double kAdaptiveMost = 4;

// Where a child will live: with the seed, the key of its draws.
struct Place {
  std::uint16_t island = 0;
  std::uint32_t generation = 0;
  std::uint32_t slot = 0;
};

class Breeder {
 public:
  // The experiment must outlive it.
  explicit Breeder(const strategy::Experiment& experiment);

  // Those who may breed, best first, not empty; their rows must stay where they are.
  void set_parents(std::vector<const double*> parents);
  // Two tournaments among the parents, crossover, mutation, repair. A child that would be a copy of
  // a parent mutates in one gene more. `row` has room for every gene and is none of the parents.
  void child(Place place, double* row);

  // Uniform in every gene, and within the constraints; false after kInitialTriesMax tries.
  bool random(Place place, double* row);

  // Per gene, after adaptation.
  double mutation_rate() const { return rate_; }

 private:
  const double* tournament(Draws& draws) const;
  void draw(const double* first, const double* second, double* row, Draws& draws) const;
  bool is_allowed(const double* row);
  void repair(const double* first, const double* second, Place place, double* row);
  double adapted_rate() const;

  const strategy::Experiment& experiment_;
  Operators operators_;
  std::vector<const double*> parents_;
  double rate_ = 0;
  Skips skips_{0, 0};
  strategy::Genome tried_;  // for the constraints
};

// Uniform in every gene, and within the constraints; nullopt after kInitialTriesMax tries.
std::optional<strategy::Genome> random_genome(const strategy::Experiment& experiment, Place place);

// Ok when there is a random genome to begin with; else a configuration error that says so.
Status check_constraints(const strategy::Experiment& experiment);
Error constraints_unsatisfied();

}  // namespace mendel::genetics
