#include "shared/genetics/population.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "shared/genetics/ranking.hpp"
#include "shared/genetics/reproduction.hpp"

namespace mendel::genetics {
namespace {

using strategy::Experiment;

bool several_objectives(const Experiment& experiment) {
  return experiment.search.objectives.size() > 1;
}

std::vector<Member> in_order(const Experiment& experiment, const std::vector<Member>& members) {
  std::vector<Member> result;
  result.reserve(members.size());
  for (const std::size_t i : order(experiment.search, members)) result.push_back(members[i]);
  return result;
}

std::vector<Member> distinct(std::vector<Member> members) {
  std::set<strategy::Genome> seen;
  std::vector<Member> result;
  for (auto& member : members)
    if (seen.insert(member.genome).second) result.push_back(std::move(member));
  return result;
}

void migrate(const Experiment& experiment, std::vector<std::vector<Member>>& parents_of) {
  std::vector<Member> best;
  best.reserve(parents_of.size());
  for (const auto& members : parents_of) best.push_back(members.front());
  for (std::size_t i = 0; i < parents_of.size(); ++i) {
    auto& receiving = parents_of[(i + 1) % parents_of.size()];
    receiving.back() = best[i];
    receiving = in_order(experiment, receiving);
  }
}

Island breed_island(const Experiment& experiment, std::vector<Member> members, Place place) {
  Island island;
  const auto size = static_cast<std::size_t>(experiment.search.population);
  if (!several_objectives(experiment)) {
    const std::vector<Member> best = distinct(members);
    const auto elites =
        static_cast<std::size_t>(std::max<std::int64_t>(0, experiment.search.elites));
    for (std::size_t i = 0; i < std::min({elites, best.size(), size}); ++i)
      island.slots.push_back(best[i]);
  }
  while (island.slots.size() < size) {
    place.slot = static_cast<std::uint32_t>(island.slots.size());
    island.slots.push_back({make_child(experiment, members, place), {}});
  }
  if (several_objectives(experiment)) island.survivors = std::move(members);
  return island;
}

}  // namespace

Result<Population> initial_population(const Experiment& experiment) {
  Population population;
  for (std::int64_t island = 0; island < experiment.search.islands; ++island) {
    population.islands.emplace_back();
    for (std::int64_t slot = 0; slot < experiment.search.population; ++slot) {
      auto genome = random_genome(
          experiment, {static_cast<std::uint16_t>(island), 0, static_cast<std::uint32_t>(slot)});
      if (!genome)
        return configuration_error(
            fmt::format("strategy.constraints: none of {} random genomes satisfies them; widen the "
                        "genes' ranges or loosen the constraints",
                        kInitialTriesMax));
      population.islands.back().slots.push_back({std::move(*genome), {}});
    }
  }
  return population;
}

std::vector<Member> parents(const Experiment& experiment, const Island& island) {
  if (!several_objectives(experiment)) return in_order(experiment, island.slots);
  std::vector<Member> all = island.survivors;
  all.insert(all.end(), island.slots.begin(), island.slots.end());
  std::vector<Member> best = in_order(experiment, distinct(std::move(all)));
  const auto size = static_cast<std::size_t>(experiment.search.population);
  if (best.size() > size) best.resize(size);
  return best;
}

Population breed(const Experiment& experiment, const Population& scored) {
  Population next;
  next.generation = scored.generation + 1;
  std::vector<std::vector<Member>> parents_of;
  parents_of.reserve(scored.islands.size());
  for (const auto& island : scored.islands) parents_of.push_back(parents(experiment, island));
  const std::int64_t every = experiment.search.migration_every;
  if (parents_of.size() > 1 && every > 0 && next.generation % every == 0)
    migrate(experiment, parents_of);
  for (std::size_t i = 0; i < parents_of.size(); ++i)
    next.islands.push_back(breed_island(
        experiment, std::move(parents_of[i]),
        {static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(next.generation), 0}));
  return next;
}

double diversity(const Population& population) {
  std::set<strategy::Genome> seen;
  std::size_t slots = 0;
  for (const auto& island : population.islands) {
    slots += island.slots.size();
    for (const auto& member : island.slots) seen.insert(member.genome);
  }
  return slots == 0 ? 0 : static_cast<double>(seen.size()) / static_cast<double>(slots);
}

}  // namespace mendel::genetics
