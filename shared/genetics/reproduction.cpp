#include "shared/genetics/reproduction.hpp"

#include <algorithm>

#include "shared/base/check.hpp"

namespace mendel::genetics {
namespace {

using strategy::Experiment;
using strategy::Gene;
using strategy::Genome;

Draws draws_for(const Experiment& experiment, Place place, Purpose purpose) {
  return Draws(experiment.search.seed, place.island, place.generation, place.slot, purpose);
}

double random_value(const Gene& gene, Draws& draws) {
  const std::uint64_t levels = gene.levels();
  if (levels == 0) return gene.snap(gene.least + draws.unit() * (gene.most - gene.least));
  return gene.snap(gene.least + static_cast<double>(draws.below(levels)) * gene.step);
}

double blend(const Gene& gene, double a, double b, Draws& draws) {
  const double least = std::min(a, b);
  const double distance = std::max(a, b) - least;
  const double from = least - kBlendReach * distance;
  return gene.snap(from + draws.unit() * (distance * (1 + 2 * kBlendReach)));
}

double mutated(const Gene& gene, double value, Draws& draws) {
  if (gene.type == Gene::Type::choice) return random_value(gene, draws);
  const double spread = std::max(kMutationSpread * (gene.most - gene.least), gene.step);
  return gene.snap(value + draws.normal() * spread);
}

const Genome& tournament(const Experiment& experiment, std::span<const Member> parents,
                         Draws& draws) {
  // Parents stand best first: the best of several draws is the least index.
  std::uint64_t best = parents.size() - 1;
  for (std::int64_t i = 0; i < std::max<std::int64_t>(1, experiment.search.tournament); ++i)
    best = std::min(best, draws.below(parents.size()));
  return parents[best].genome;
}

}  // namespace

std::optional<Genome> random_genome(const Experiment& experiment, Place place) {
  Draws draws = draws_for(experiment, place, Purpose::initial_genome);
  Genome genome(experiment.genes.size());
  for (int tries = 0; tries < kInitialTriesMax; ++tries) {
    for (std::size_t i = 0; i < genome.size(); ++i)
      genome[i] = random_value(experiment.genes[i], draws);
    if (strategy::satisfies_constraints(experiment, genome)) return genome;
  }
  return std::nullopt;
}

Genome cross(const Experiment& experiment, const Genome& first, const Genome& second,
             Draws& draws) {
  Genome child(first.size());
  for (std::size_t i = 0; i < child.size(); ++i) {
    const Gene& gene = experiment.genes[i];
    const bool whole = draws.unit() < 0.5;
    if (whole || gene.type == Gene::Type::choice)
      child[i] = draws.unit() < 0.5 ? first[i] : second[i];
    else
      child[i] = blend(gene, first[i], second[i], draws);
  }
  return child;
}

void mutate(const Experiment& experiment, Genome& genome, Draws& draws) {
  const double rate = experiment.search.mutation_rate > 0
                          ? experiment.search.mutation_rate
                          : 1.0 / static_cast<double>(genome.size());
  for (std::size_t i = 0; i < genome.size(); ++i)
    if (draws.unit() < rate) genome[i] = mutated(experiment.genes[i], genome[i], draws);
}

Genome make_child(const Experiment& experiment, std::span<const Member> parents, Place place) {
  check(!parents.empty() && !experiment.genes.empty(), "a child needs parents and genes");
  Draws selecting = draws_for(experiment, place, Purpose::select_parents);
  const Genome& first = tournament(experiment, parents, selecting);
  const Genome& second = tournament(experiment, parents, selecting);

  const auto draw_child = [&](Draws& crossing, Draws& mutating) {
    Genome child = first;
    if (crossing.unit() < experiment.search.crossover_rate)
      child = cross(experiment, first, second, crossing);
    mutate(experiment, child, mutating);
    if (child == first || child == second) {
      const auto gene = static_cast<std::size_t>(mutating.below(child.size()));
      child[gene] = mutated(experiment.genes[gene], child[gene], mutating);
    }
    return child;
  };

  Draws crossing = draws_for(experiment, place, Purpose::crossover);
  Draws mutating = draws_for(experiment, place, Purpose::mutation);
  Genome child = draw_child(crossing, mutating);
  Draws repairing = draws_for(experiment, place, Purpose::repair);
  for (int tries = 0; tries < kRepairTriesMax; ++tries) {
    if (strategy::satisfies_constraints(experiment, child)) return child;
    child = draw_child(repairing, repairing);
  }
  return strategy::satisfies_constraints(experiment, child) ? child : first;
}

}  // namespace mendel::genetics
