#include "shared/genetics/reproduction.hpp"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "shared/strategy/experiment.hpp"
#include "tests/unit/genetics/fixture.hpp"

namespace mendel::genetics {
namespace {

using fixture::feasible;

const std::vector<Member> kParents = {feasible({1.5, 10, 0}, {2.0}), feasible({-2, 90, 2}, {1.0})};

strategy::Genome make_child(const strategy::Experiment& experiment,
                            const std::vector<Member>& parents, Place place) {
  Breeder breeder(experiment);
  std::vector<const double*> rows;
  for (const auto& parent : parents) rows.push_back(parent.genome.data());
  breeder.set_parents(std::move(rows));
  strategy::Genome child(experiment.genes.size());
  breeder.child(place, child.data());
  return child;
}

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

double adapted(const std::vector<Member>& parents) {
  auto experiment = fixture::experiment();
  experiment.search.adaptive = true;
  Breeder breeder(experiment);
  std::vector<const double*> rows;
  for (const auto& parent : parents) rows.push_back(parent.genome.data());
  breeder.set_parents(std::move(rows));
  return breeder.mutation_rate() * static_cast<double>(experiment.genes.size());
}

TEST(Reproduction, AdaptiveRatesRiseAsTheParentsDrawTogether) {
  EXPECT_NEAR(adapted({feasible({-4, 0, 0}, {1}), feasible({4, 100, 1}, {1})}), 1, 1e-12);
  EXPECT_NEAR(adapted({feasible({-1, 40, 0}, {1}), feasible({1, 60, 0}, {1})}), 2.65, 0.5);
  EXPECT_EQ(adapted({feasible({2, 50, 0}, {1}), feasible({2, 50, 1}, {1})}), 3);
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
