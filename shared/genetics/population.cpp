#include "shared/genetics/population.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shared/genetics/grid.hpp"
#include "shared/genetics/ranking.hpp"
#include "shared/genetics/reproduction.hpp"

namespace mendel::genetics {
namespace {

using strategy::Experiment;
using strategy::Method;

bool several_objectives(const Experiment& experiment) {
  return experiment.search.objectives.size() > 1;
}

std::size_t island_size(const Experiment& experiment) {
  return static_cast<std::size_t>(experiment.search.population);
}

Members ranked_parents(const Experiment& experiment, const Island& island) {
  Members all = members_of(island.survivors);
  for (const Member& member : island.slots) all.push_back(&member);
  Members best = ranked(experiment.search, all);
  if (best.size() > island_size(experiment)) best.resize(island_size(experiment));
  return best;
}

std::vector<Member> copies(const Members& members) {
  std::vector<Member> result;
  result.reserve(members.size());
  for (const Member* member : members) result.push_back(*member);
  return result;
}

bool migrates_before(const Experiment& experiment, std::int64_t generation) {
  const std::int64_t every = experiment.search.migration_every;
  return experiment.search.islands > 1 && every > 0 && generation % every == 0;
}

void migrate(const Experiment& experiment, std::vector<Members>& parents_of) {
  Members best;
  best.reserve(parents_of.size());
  for (const auto& members : parents_of) best.push_back(members.front());
  for (std::size_t i = 0; i < parents_of.size(); ++i) {
    auto& receiving = parents_of[(i + 1) % parents_of.size()];
    receiving.back() = best[i];
    receiving = ranked(experiment.search, receiving);
  }
}

Island breed_island(const Experiment& experiment, Breeder& breeder, const Members& members,
                    Place place) {
  Island island;
  const std::size_t size = island_size(experiment);
  island.slots.resize(size);
  std::size_t slot = 0;
  if (several_objectives(experiment)) {
    island.survivors = copies(members);
  } else {
    const auto elites = static_cast<std::size_t>(experiment.search.elites);
    for (; slot < std::min({elites, members.size(), size}); ++slot)
      island.slots[slot] = *members[slot];
  }
  std::vector<const double*> rows;
  rows.reserve(members.size());
  for (const Member* member : members) rows.push_back(member->genome.data());
  breeder.set_parents(std::move(rows));
  for (; slot < size; ++slot) {
    place.slot = static_cast<std::uint32_t>(slot);
    island.slots[slot].genome.resize(experiment.genes.size());
    breeder.child(place, island.slots[slot].genome.data());
  }
  return island;
}

Population breed(const Experiment& experiment, const Population& scored) {
  Population next;
  next.generation = scored.generation + 1;
  std::vector<Members> parents_of;
  parents_of.reserve(scored.islands.size());
  for (const auto& island : scored.islands)
    parents_of.push_back(ranked_parents(experiment, island));
  if (migrates_before(experiment, next.generation)) migrate(experiment, parents_of);
  Breeder breeder(experiment);
  for (std::size_t i = 0; i < parents_of.size(); ++i)
    next.islands.push_back(breed_island(
        experiment, breeder, parents_of[i],
        {static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(next.generation), 0}));
  return next;
}

Result<Population> random_population(const Experiment& experiment, std::int64_t generation) {
  Population population;
  population.generation = generation;
  population.islands.resize(static_cast<std::size_t>(experiment.search.islands));
  Breeder breeder(experiment);
  Place place{0, static_cast<std::uint32_t>(generation), 0};
  for (auto& island : population.islands) {
    island.slots.resize(island_size(experiment));
    place.slot = 0;
    for (auto& member : island.slots) {
      member.genome.resize(experiment.genes.size());
      if (!breeder.random(place, member.genome.data())) return constraints_unsatisfied();
      ++place.slot;
    }
    ++place.island;
  }
  return population;
}

Population grid_population(const Experiment& experiment, const Population* before) {
  Population population;
  population.generation = before == nullptr ? 0 : before->generation + 1;
  population.islands.resize(static_cast<std::size_t>(experiment.search.islands));
  const strategy::Genome* last = nullptr;
  if (before != nullptr)
    for (const auto& island : before->islands)
      if (!island.slots.empty()) last = &island.slots.back().genome;
  Grid grid(experiment);
  if (last != nullptr) grid.go_behind(*last);
  for (auto& island : population.islands)
    while (island.slots.size() < island_size(experiment)) {
      auto genome = grid.next();
      if (!genome) return population;
      island.slots.push_back({std::move(*genome), {}});
    }
  return population;
}

// What the user gave stands in the first slots, islands in turn.
void seat(const Experiment& experiment, Population& population) {
  const std::size_t islands = population.islands.size();
  for (std::size_t i = 0; i < experiment.search.start.size(); ++i)
    population.islands[i % islands].slots.at(i / islands).genome = experiment.search.start[i];
}

}  // namespace

Result<Population> initial_population(const Experiment& experiment) {
  if (experiment.search.method == Method::grid) {
    Population population = grid_population(experiment, nullptr);
    if (!population.islands.front().slots.empty()) return population;
    return configuration_error(
        "strategy.constraints: no genome of the grid satisfies them; widen the genes' ranges or "
        "loosen the constraints");
  }
  auto population = random_population(experiment, 0);
  if (population) seat(experiment, *population);
  return population;
}

std::vector<Member> parents(const Experiment& experiment, const Island& island) {
  return copies(ranked_parents(experiment, island));
}

Result<Population> next_population(const Experiment& experiment, const Population& scored) {
  if (experiment.search.method == Method::genetic) return breed(experiment, scored);
  auto next = experiment.search.method == Method::grid
                  ? Result<Population>(grid_population(experiment, &scored))
                  : random_population(experiment, scored.generation + 1);
  if (next && several_objectives(experiment))
    for (std::size_t i = 0; i < next->islands.size(); ++i)
      next->islands[i].survivors = parents(experiment, scored.islands[i]);
  return next;
}

bool islands_stand_alone(const Experiment& experiment, std::int64_t generation) {
  return experiment.search.method == Method::genetic && generation > 0 &&
         !migrates_before(experiment, generation);
}

Island next_island(const Experiment& experiment, const Island& scored, std::size_t index,
                   std::int64_t generation) {
  Breeder breeder(experiment);
  return breed_island(
      experiment, breeder, ranked_parents(experiment, scored),
      {static_cast<std::uint16_t>(index), static_cast<std::uint32_t>(generation), 0});
}

double diversity(const Population& population) {
  std::vector<const strategy::Genome*> genomes;
  for (const auto& island : population.islands)
    for (const auto& member : island.slots) genomes.push_back(&member.genome);
  if (genomes.empty()) return 0;
  const auto slots = static_cast<double>(genomes.size());
  std::stable_sort(genomes.begin(), genomes.end(),
                   [](const auto* a, const auto* b) { return compare_bytes(*a, *b) < 0; });
  const auto end = std::unique(genomes.begin(), genomes.end(), [](const auto* a, const auto* b) {
    return compare_bytes(*a, *b) == 0;
  });
  return static_cast<double>(end - genomes.begin()) / slots;
}

}  // namespace mendel::genetics
