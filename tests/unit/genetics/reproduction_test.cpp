#include "shared/genetics/reproduction.hpp"

#include <gtest/gtest.h>

#include <set>

#include "shared/strategy/experiment.hpp"
#include "tests/unit/genetics/fixture.hpp"

namespace mendel::genetics {
namespace {

using fixture::feasible;

const std::vector<Member> kParents = {feasible({1.5, 10, 0}, {2.0}), feasible({-2, 90, 2}, {1.0})};

bool allowed(const strategy::Experiment& experiment, const strategy::Genome& genome) {
  for (std::size_t i = 0; i < genome.size(); ++i)
    if (experiment.genes[i].snap(genome[i]) != genome[i]) return false;
  return genome.size() == experiment.genes.size();
}

TEST(Reproduction, ARandomGenomeIsAFunctionOfItsPlace) {
  const auto experiment = fixture::experiment();
  EXPECT_EQ(random_genome(experiment, {1, 0, 7}), random_genome(experiment, {1, 0, 7}));
  EXPECT_NE(random_genome(experiment, {1, 0, 7}), random_genome(experiment, {1, 0, 8}));
  EXPECT_NE(random_genome(experiment, {1, 0, 7}), random_genome(experiment, {2, 0, 7}));
}

TEST(Reproduction, RandomGenomesCoverTheRange) {
  const auto experiment = fixture::experiment();
  std::set<double> choices;
  double least = 1e9;
  double most = -1e9;
  for (std::uint32_t slot = 0; slot < 500; ++slot) {
    const auto genome = random_genome(experiment, {0, 0, slot});
    ASSERT_TRUE(allowed(experiment, *genome));
    choices.insert((*genome)[2]);
    least = std::min(least, (*genome)[1]);
    most = std::max(most, (*genome)[1]);
  }
  EXPECT_EQ(choices.size(), 3u);
  EXPECT_LE(least, 2);
  EXPECT_GE(most, 98);
}

TEST(Reproduction, AChildIsAFunctionOfParentsAndPlace) {
  const auto experiment = fixture::experiment();
  EXPECT_EQ(make_child(experiment, kParents, {0, 3, 5}),
            make_child(experiment, kParents, {0, 3, 5}));
  EXPECT_NE(make_child(experiment, kParents, {0, 3, 5}),
            make_child(experiment, kParents, {0, 4, 5}));
}

TEST(Reproduction, ChildrenKeepToTheirGenes) {
  const auto experiment = fixture::experiment();
  for (std::uint32_t slot = 0; slot < 2000; ++slot)
    EXPECT_TRUE(allowed(experiment, make_child(experiment, kParents, {0, 1, slot})));
}

TEST(Reproduction, CrossoverStaysNearItsParents) {
  const auto experiment = fixture::experiment();
  Draws draws(1, 0, 0, 0, Purpose::crossover);
  for (int i = 0; i < 1000; ++i) {
    const auto child = cross(experiment, {0, 40, 0}, {2, 60, 1}, draws);
    EXPECT_GE(child[0], -0.5);
    EXPECT_LE(child[0], 2.5);
    EXPECT_GE(child[1], 35);
    EXPECT_LE(child[1], 65);
    EXPECT_LE(child[2], 1);
  }
}

TEST(Reproduction, MutationRateOneChangesMostGenesAndTheDefaultAboutOne) {
  auto experiment = fixture::experiment();
  const strategy::Genome parent = {0.5, 50, 1};
  const auto changed = [&](std::uint32_t seed) {
    Draws draws(seed, 0, 0, 0, Purpose::mutation);
    strategy::Genome genome = parent;
    mutate(experiment, genome, draws);
    int count = 0;
    for (std::size_t i = 0; i < genome.size(); ++i) count += genome[i] != parent[i];
    return count;
  };
  int by_default = 0;
  for (std::uint32_t seed = 0; seed < 1000; ++seed) by_default += changed(seed);
  EXPECT_NEAR(by_default, 880, 120);
  experiment.search.mutation_rate = 1;
  int always = 0;
  for (std::uint32_t seed = 0; seed < 1000; ++seed) always += changed(seed);
  EXPECT_NEAR(always, 2630, 150);
}

constexpr const char* kConstrained = R"toml(
[data]
source = "s"
symbols = ["X"]
timeframe = "1d"
in_sample = [2020-01-01, 2021-01-01]
[strategy]
direction = "long"
entry_long = "close > sma(close, fast)"
exit_long = "close < sma(close, slow)"
constraints = ["CONSTRAINT"]
[genes]
fast = { int = [5, 50] }
slow = { int = [5, 50] }
[search]
population = 32
generations = 5
objectives = ["sharpe_ratio max"]
)toml";

strategy::Experiment constrained(const std::string& constraint) {
  std::string text = kConstrained;
  text.replace(text.find("CONSTRAINT"), 10, constraint);
  auto experiment = strategy::read_experiment(text, "test");
  EXPECT_TRUE(experiment) << (experiment ? "" : experiment.error().message);
  return *experiment;
}

TEST(Reproduction, RandomGenomesAndChildrenMeetTheConstraints) {
  const auto experiment = constrained("fast < slow");
  const std::vector<Member> parents = {feasible({10, 11}, {2.0}), feasible({20, 21}, {1.0})};
  for (std::uint32_t slot = 0; slot < 500; ++slot) {
    const auto random = random_genome(experiment, {0, 0, slot});
    ASSERT_TRUE(random);
    EXPECT_LT((*random)[0], (*random)[1]);
    const auto child = make_child(experiment, parents, {0, 1, slot});
    EXPECT_LT(child[0], child[1]);
  }
}

TEST(Reproduction, AnUnsatisfiableConstraintGivesNoGenome) {
  EXPECT_FALSE(random_genome(constrained("fast > slow + 50"), {}));
}

TEST(Reproduction, AChildThatCannotBeRepairedIsItsParent) {
  // Only one genome in 2,116 is allowed.
  const auto experiment = constrained("fast == 7 and slow == 9");
  const std::vector<Member> parents = {feasible({7, 9}, {1.0})};
  for (std::uint32_t slot = 0; slot < 50; ++slot)
    EXPECT_EQ(make_child(experiment, parents, {0, 1, slot}), (strategy::Genome{7, 9}));
}

}  // namespace
}  // namespace mendel::genetics
