#include "shared/genetics/population.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "shared/genetics/ranking.hpp"
#include "tests/unit/genetics/fixture.hpp"

namespace mendel::genetics {
namespace {

using strategy::Experiment;
using strategy::Genome;

// The peak is at a = 1.25, b = 70, c = 2; with two objectives the second wants a = -1.
void score_all(const Experiment& experiment, Population& population) {
  for (auto& island : population.islands) {
    for (auto& member : island.slots) {
      const Genome& g = member.genome;
      const double b = (g[1] - 70) / 100;
      member.scoring.objectives = {-(g[0] - 1.25) * (g[0] - 1.25) - b * b - (g[2] == 2 ? 0 : 1)};
      if (experiment.search.objectives.size() > 1)
        member.scoring.objectives.push_back((g[0] + 1) * (g[0] + 1) + b * b);
      member.scoring.validity = Validity::feasible;
    }
  }
}

Population evolve(const Experiment& experiment, int generations) {
  Population population = *initial_population(experiment);
  score_all(experiment, population);
  for (int i = 1; i < generations; ++i) {
    population = *next_population(experiment, population);
    score_all(experiment, population);
  }
  return population;
}

TEST(Population, TheFirstHasEverySlotOfEveryIsland) {
  Experiment experiment = fixture::experiment();
  experiment.search.islands = 3;
  const Population population = *initial_population(experiment);
  ASSERT_EQ(population.islands.size(), 3u);
  for (const auto& island : population.islands) EXPECT_EQ(island.slots.size(), 24u);
  EXPECT_NE(population.islands[0].slots[0].genome, population.islands[1].slots[0].genome);
  EXPECT_GT(diversity(population), 0.99);
}

TEST(Population, BreedingTwiceGivesTheSame) {
  Experiment experiment = fixture::experiment();
  experiment.search.islands = 2;
  Population scored = *initial_population(experiment);
  score_all(experiment, scored);
  const Population one = *next_population(experiment, scored);
  const Population two = *next_population(experiment, scored);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t slot = 0; slot < 24; ++slot)
      EXPECT_EQ(one.islands[i].slots[slot].genome, two.islands[i].slots[slot].genome);
}

TEST(Population, ElitesComeFirstAndAreDistinct) {
  const Experiment experiment = fixture::experiment();
  Population scored = *initial_population(experiment);
  score_all(experiment, scored);
  const auto best = parents(experiment, scored.islands[0]);
  scored.islands[0].slots[5] = best[0];
  const Population next = *next_population(experiment, scored);
  EXPECT_EQ(next.islands[0].slots[0].genome, best[0].genome);
  EXPECT_EQ(next.islands[0].slots[1].genome, best[1].genome);
  EXPECT_EQ(next.islands[0].slots[0].scoring.objectives, best[0].scoring.objectives);
}

TEST(Population, FindsThePeakOfASimpleFunction) {
  const Experiment experiment = fixture::experiment();
  const Population last = evolve(experiment, 40);
  const Member best = parents(experiment, last.islands[0]).front();
  EXPECT_NEAR(best.genome[0], 1.25, 0.05);
  EXPECT_NEAR(best.genome[1], 70, 2);
  EXPECT_EQ(best.genome[2], 2);
}

TEST(Population, TheBestNeverGetsWorse) {
  const Experiment experiment = fixture::experiment();
  double before = -1e9;
  for (int generations = 1; generations < 12; ++generations) {
    const Population last = evolve(experiment, generations);
    const double best = *parents(experiment, last.islands[0]).front().scoring.objectives[0];
    EXPECT_GE(best, before);
    before = best;
  }
}

TEST(Population, MigrationMovesTheBestAroundTheRing) {
  Experiment experiment = fixture::experiment();
  experiment.search.islands = 3;
  experiment.search.migration_every = 1;
  Population scored = *initial_population(experiment);
  score_all(experiment, scored);
  const Member best = parents(experiment, scored.islands[2]).front();
  scored.islands[2].slots[0] = best;
  for (auto& member : scored.islands[0].slots) member.scoring.objectives[0] = -1e6;
  const Population next = *next_population(experiment, scored);
  EXPECT_EQ(next.islands[0].slots[0].genome, best.genome);

  experiment.search.migration_every = 2;
  const Population without = *next_population(experiment, scored);
  EXPECT_NE(without.islands[0].slots[0].genome, best.genome);
}

TEST(Population, SeveralObjectivesKeepTheFrontOfParentsAndChildren) {
  const Experiment experiment = fixture::experiment(2);
  Population population = evolve(experiment, 2);
  const auto before = parents(experiment, population.islands[0]);
  population = *next_population(experiment, population);
  score_all(experiment, population);
  const auto after = parents(experiment, population.islands[0]);
  EXPECT_LE(after.size(), 24u);
  // Nothing that was on the front is lost to something it dominates.
  const auto best_first = [](const Member& a, const Member& b) {
    return *a.scoring.objectives[0] < *b.scoring.objectives[0];
  };
  EXPECT_GE(*std::max_element(after.begin(), after.end(), best_first)->scoring.objectives[0],
            *std::max_element(before.begin(), before.end(), best_first)->scoring.objectives[0]);
}

TEST(Population, SeveralObjectivesSpreadAlongTheFront) {
  const Experiment experiment = fixture::experiment(2);
  const Population last = evolve(experiment, 40);
  double least = 1e9;
  double most = -1e9;
  for (const auto& member : parents(experiment, last.islands[0])) {
    least = std::min(least, member.genome[0]);
    most = std::max(most, member.genome[0]);
  }
  EXPECT_LT(least, -0.8);
  EXPECT_GT(most, 1.05);
}

}  // namespace
}  // namespace mendel::genetics
