#include "shared/genetics/reproduction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shared/base/check.hpp"

namespace mendel::genetics {
namespace {

using strategy::Experiment;
using strategy::Genome;

Draws draws_for(const Experiment& experiment, Place place, Purpose purpose) {
  return Draws(experiment.search.seed, place.island, place.generation, place.slot, purpose);
}

}  // namespace

Breeder::Breeder(const Experiment& experiment)
    : experiment_(experiment), operators_(experiment), tried_(experiment.genes.size()) {
  check(!experiment.genes.empty(), "a child needs genes");
}

void Breeder::set_parents(std::vector<const double*> parents) {
  check(!parents.empty(), "a child needs parents");
  parents_ = std::move(parents);
  const double usual = experiment_.search.mutation_rate > 0
                           ? experiment_.search.mutation_rate
                           : 1.0 / static_cast<double>(operators_.genes());
  rate_ = experiment_.search.adaptive ? std::min(1.0, usual * adapted_rate()) : usual;
  skips_ = Skips(rate_, operators_.genes());
}

// From 1, for parents spread over the ranges as random ones are, to kAdaptiveMost, for equal ones.
// Spread is the mean distance from the mean, which is a quarter of the range for random parents;
// choices are left out.
double Breeder::adapted_rate() const {
  const auto count = static_cast<double>(parents_.size());
  double spread = 0;
  int axes = 0;
  for (std::size_t i = 0; i < operators_.genes(); ++i) {
    const Axis& axis = operators_.axes()[i];
    if (axis.unordered() || axis.width() == 0) continue;
    double mean = 0;
    for (const double* parent : parents_) mean += axis.inside(parent[i]);
    mean /= count;
    double distance = 0;
    for (const double* parent : parents_) {
      const double apart = axis.inside(parent[i]) - mean;
      distance += apart < 0 ? -apart : apart;
    }
    spread += std::min(1.0, 4 * distance / count / axis.width());
    ++axes;
  }
  return axes == 0 ? 1 : kAdaptiveMost - (kAdaptiveMost - 1) * (spread / axes);
}

const double* Breeder::tournament(Draws& draws) const {
  // Parents stand best first: the best of several draws is the least index.
  const auto count = static_cast<std::uint32_t>(parents_.size());
  std::uint32_t best = count - 1;
  for (std::int64_t i = 0; i < experiment_.search.tournament; ++i)
    best = std::min(best, draws.half_below(count));
  return parents_[best];
}

void Breeder::draw(const double* first, const double* second, double* row, Draws& draws) const {
  const std::size_t genes = operators_.genes();
  if (draws.unit() < experiment_.search.crossover_rate)
    operators_.cross(first, second, row, draws);
  else
    std::copy(first, first + genes, row);
  operators_.mutate(row, skips_, draws);
  if (std::equal(row, row + genes, first) || std::equal(row, row + genes, second))
    operators_.mutate_one(row, draws);
}

bool Breeder::is_allowed(const double* row) {
  if (experiment_.strategy.constraints.empty()) return true;
  tried_.assign(row, row + tried_.size());
  return strategy::satisfies_constraints(experiment_, tried_);
}

void Breeder::repair(const double* first, const double* second, Place place, double* row) {
  Draws draws = draws_for(experiment_, place, Purpose::repair);
  for (int tries = 0; tries < kRepairTriesMax; ++tries) {
    draw(first, second, row, draws);
    if (is_allowed(row)) return;
  }
  std::copy(first, first + operators_.genes(), row);
}

void Breeder::child(Place place, double* row) {
  Draws draws = draws_for(experiment_, place, Purpose::child);
  const double* first = tournament(draws);
  const double* second = tournament(draws);
  draw(first, second, row, draws);
  if (!is_allowed(row)) repair(first, second, place, row);
}

bool Breeder::random(Place place, double* row) {
  Draws draws = draws_for(experiment_, place, Purpose::initial_genome);
  for (int tries = 0; tries < kInitialTriesMax; ++tries) {
    operators_.random(row, draws);
    if (is_allowed(row)) return true;
  }
  return false;
}

std::optional<Genome> random_genome(const Experiment& experiment, Place place) {
  Genome genome(experiment.genes.size());
  if (!Breeder(experiment).random(place, genome.data())) return std::nullopt;
  return genome;
}

Status check_constraints(const Experiment& experiment) {
  if (!random_genome(experiment, {})) return constraints_unsatisfied();
  return {};
}

Error constraints_unsatisfied() {
  return configuration_error(
      fmt::format("strategy.constraints: none of {} random genomes satisfies them; widen the "
                  "genes' ranges or loosen the constraints",
                  kInitialTriesMax));
}

}  // namespace mendel::genetics
