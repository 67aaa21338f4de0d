#include "shared/genetics/grid.hpp"

#include <gtest/gtest.h>

#include "shared/genetics/population.hpp"
#include "tests/unit/genetics/fixture.hpp"

namespace mendel::genetics {
namespace {

using strategy::Genome;

strategy::Experiment six() {
  strategy::Experiment experiment;
  experiment.genes = {fixture::integer_gene("a", 1, 2), fixture::choice_gene("b", {"x", "y", "z"})};
  experiment.search = fixture::search();
  experiment.search.method = strategy::Method::grid;
  experiment.search.population = 4;
  return experiment;
}

const std::vector<Genome> kAll = {{1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 2}};

std::vector<Genome> slots_of(const Population& population) {
  std::vector<Genome> genomes;
  for (const auto& island : population.islands)
    for (const auto& member : island.slots) genomes.push_back(member.genome);
  return genomes;
}

TEST(Grid, CountsWithTheLastGeneFastest) {
  const auto experiment = six();
  EXPECT_EQ(strategy::combinations(experiment.genes), 6);
  Grid grid(experiment);
  for (const Genome& genome : kAll) EXPECT_EQ(grid.next(), genome);
  EXPECT_FALSE(grid.next());
}

TEST(Grid, GoesOnBehindAGenome) {
  const auto experiment = six();
  Grid grid(experiment);
  grid.go_behind({1, 2});
  EXPECT_EQ(grid.next(), (Genome{2, 0}));
  grid.go_behind({2, 2});
  EXPECT_FALSE(grid.next());
}

TEST(Grid, IsCutIntoGenerationsTheLastOneShort) {
  auto experiment = six();
  const Population first = *initial_population(experiment);
  EXPECT_EQ(slots_of(first), std::vector<Genome>(kAll.begin(), kAll.begin() + 4));
  const Population second = *next_population(experiment, first);
  EXPECT_EQ(second.generation, 1);
  EXPECT_EQ(slots_of(second), std::vector<Genome>(kAll.begin() + 4, kAll.end()));
  EXPECT_TRUE(slots_of(*next_population(experiment, second)).empty());

  experiment.search.population = 2;
  experiment.search.islands = 2;
  const Population wide = *initial_population(experiment);
  EXPECT_EQ(wide.islands[1].slots[0].genome, kAll[2]);
}

TEST(RandomMethod, DrawsEveryGenerationAnew) {
  auto experiment = fixture::experiment();
  experiment.search.method = strategy::Method::random;
  const Population first = *initial_population(experiment);
  const Population second = *next_population(experiment, first);
  EXPECT_EQ(second.generation, 1);
  EXPECT_NE(slots_of(first), slots_of(second));
  EXPECT_EQ(slots_of(second), slots_of(*next_population(experiment, first)));
  EXPECT_GT(diversity(second), 0.99);
}

TEST(Start, StandsInTheFirstSlotsIslandsInTurn) {
  auto experiment = fixture::experiment();
  experiment.search.islands = 2;
  experiment.search.start = {{0.5, 7, 1}, {1, 8, 2}, {2, 9, 0}};
  const Population first = *initial_population(experiment);
  EXPECT_EQ(first.islands[0].slots[0].genome, experiment.search.start[0]);
  EXPECT_EQ(first.islands[1].slots[0].genome, experiment.search.start[1]);
  EXPECT_EQ(first.islands[0].slots[1].genome, experiment.search.start[2]);
  EXPECT_EQ(first.islands[0].slots.size(), 24u);
}

}  // namespace
}  // namespace mendel::genetics
