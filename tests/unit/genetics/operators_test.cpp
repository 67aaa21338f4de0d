#include "shared/genetics/operators.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/unit/genetics/fixture.hpp"

namespace mendel::genetics {
namespace {

using strategy::Crossover;
using strategy::Genome;
using strategy::Mutation;

// real -4..4, int 0..100, choice of three, logarithmic real 0.001..1000, bool.
strategy::Experiment every_kind(Crossover crossover, Mutation mutation) {
  auto experiment = fixture::experiment();
  experiment.genes.push_back(fixture::real_gene("d", 0.001, 1000));
  experiment.genes.back().logarithmic = true;
  experiment.genes.push_back(fixture::choice_gene("e", {0, 1}));
  experiment.search.crossover = crossover;
  experiment.search.mutation = mutation;
  return experiment;
}

class EveryOperator : public ::testing::TestWithParam<std::pair<Crossover, Mutation>> {};

TEST_P(EveryOperator, KeepsToWhatTheGenesAllow) {
  const auto experiment = every_kind(GetParam().first, GetParam().second);
  const Operators operators(experiment);
  const Skips skips(0.5, operators.genes());
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    Draws draws(seed, 0, 0, 0, Purpose::child);
    Genome first(5), second(5), child(5);
    operators.random(first.data(), draws);
    operators.random(second.data(), draws);
    operators.cross(first.data(), second.data(), child.data(), draws);
    ASSERT_TRUE(child[2] == first[2] || child[2] == second[2]);
    ASSERT_TRUE(child[4] == first[4] || child[4] == second[4]);
    operators.mutate(child.data(), skips, draws);
    ASSERT_TRUE(strategy::belongs(experiment, child)) << seed;
  }
}

TEST_P(EveryOperator, CrossesEqualParentsToThemselves) {
  const auto experiment = every_kind(GetParam().first, GetParam().second);
  const Operators operators(experiment);
  Draws draws(1, 0, 0, 0, Purpose::child);
  const Genome parent = {0.1, 7, 1, 0.3, 1};
  Genome child(5);
  for (int i = 0; i < 100; ++i) {
    operators.cross(parent.data(), parent.data(), child.data(), draws);
    ASSERT_EQ(child, parent);
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryOperator,
                         ::testing::Values(std::pair{Crossover::sbx, Mutation::polynomial},
                                           std::pair{Crossover::uniform, Mutation::reset},
                                           std::pair{Crossover::blend, Mutation::gaussian}));

// What a gene becomes, over many crossings of the two values.
std::vector<double> crossings(const strategy::Experiment& experiment, std::size_t gene, double a,
                              double b) {
  const Operators operators(experiment);
  const std::size_t genes = operators.genes();
  Genome first(genes), second(genes), child(genes);
  for (std::size_t i = 0; i < genes; ++i)
    first[i] = second[i] = experiment.genes[i].snap(experiment.genes[i].least);
  first[gene] = a;
  second[gene] = b;
  Draws draws(3, 0, 0, 0, Purpose::child);
  std::vector<double> values;
  for (int i = 0; i < 4000; ++i) {
    operators.cross(first.data(), second.data(), child.data(), draws);
    values.push_back(child[gene]);
  }
  return values;
}

TEST(Crossover, UniformGivesEitherParentsValue) {
  int of_first = 0;
  for (const double value :
       crossings(every_kind(Crossover::uniform, Mutation::reset), 0, -1, 2.5)) {
    ASSERT_TRUE(value == -1 || value == 2.5);
    of_first += value == -1;
  }
  EXPECT_NEAR(of_first, 2000, 200);
}

TEST(Crossover, BlendStaysWithinTheWidenedDistance) {
  double least = 9, most = -9;
  for (const double value : crossings(every_kind(Crossover::blend, Mutation::reset), 0, 0, 2)) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  EXPECT_GE(least, -0.5);
  EXPECT_LE(most, 2.5);
  EXPECT_LT(least, -0.45);
  EXPECT_GT(most, 2.45);
}

TEST(Crossover, SimulatedBinaryKeepsTheMeanAndNarrowsWithItsIndex) {
  auto experiment = every_kind(Crossover::sbx, Mutation::reset);
  const auto distance_from_parents = [&](double index) {
    experiment.search.crossover_index = index;
    double mean = 0, distance = 0;
    for (const double value : crossings(experiment, 0, -1, 1)) {
      mean += value / 4000;
      distance += std::min(std::fabs(value - 1), std::fabs(value + 1)) / 4000;
    }
    EXPECT_NEAR(mean, 0, 0.06);
    return distance;
  };
  const double wide = distance_from_parents(1);
  const double usual = distance_from_parents(7);
  const double narrow = distance_from_parents(30);  // by pow: no power of two
  EXPECT_GT(wide, 2 * usual);
  EXPECT_GT(usual, 2 * narrow);
}

TEST(Crossover, ALogarithmicGeneMixesByItsLogarithm) {
  // Between 0.01 and 100 the middle is 1, not 50.
  int below = 0;
  for (const double value : crossings(every_kind(Crossover::blend, Mutation::reset), 3, 0.01, 100))
    below += value < 1;
  EXPECT_NEAR(below, 2000, 200);
}

TEST(Spread, FollowsItsFormula) {
  const Spread spread(7);
  for (double u = 0.001; u < 1; u += 0.001) {
    const double exact = u < 0.5 ? std::pow(2 * u, 1.0 / 8) : std::pow(2 * (1 - u), -1.0 / 8);
    EXPECT_NEAR(spread(u), exact, 0.02 * exact) << u;
  }
  EXPECT_EQ(spread(0), 0);
}

TEST(Skips, FindEachGeneWithTheRate) {
  for (const double rate : {0.0, 0.05, 0.5, 1.0}) {
    const Skips skips(rate, 20);
    Draws draws(5, 0, 0, 0, Purpose::child);
    std::vector<int> counts(20, 0);
    for (int i = 0; i < 10000; ++i)
      for (std::size_t k = skips.next(draws); k < 20; k += 1 + skips.next(draws)) ++counts[k];
    for (const int count : counts) EXPECT_NEAR(count, 10000 * rate, 260) << rate;
  }
}

TEST(Mutation, AGeneOnAGridMovesAtLeastOneStep) {
  for (const Mutation mutation : {Mutation::gaussian, Mutation::polynomial}) {
    auto experiment = every_kind(Crossover::sbx, mutation);
    experiment.search.mutation_index = 1000;
    const Operators operators(experiment);
    Draws draws(1, 0, 0, 0, Purpose::child);
    for (const double value : {0.0, 50.0, 100.0}) {
      for (int i = 0; i < 200; ++i) {
        Genome genome = {0, value, 0, 1, 0};
        operators.mutate(genome.data(), Skips(1, 5), draws);
        ASSERT_NE(genome[1], value);
      }
    }
  }
}

TEST(Mutation, PolynomialStepsShrinkWithTheIndexAndResetReachesEverywhere) {
  const auto mean_step = [](Mutation mutation, double index) {
    auto experiment = every_kind(Crossover::sbx, mutation);
    experiment.search.mutation_index = index;
    const Operators operators(experiment);
    Draws draws(1, 0, 0, 0, Purpose::child);
    double sum = 0;
    for (int i = 0; i < 2000; ++i) {
      Genome genome = {0, 50, 0, 1, 0};
      operators.mutate(genome.data(), Skips(1, 5), draws);
      sum += std::fabs(genome[0]) / 2000;
    }
    return sum;
  };
  EXPECT_NEAR(mean_step(Mutation::reset, 15), 2, 0.2);
  EXPECT_NEAR(mean_step(Mutation::polynomial, 15), 8.0 / 17, 0.1);
  EXPECT_GT(mean_step(Mutation::polynomial, 3), 2 * mean_step(Mutation::polynomial, 15));
}

TEST(Mutation, ALogarithmicGeneMovesByFactors) {
  const auto experiment = every_kind(Crossover::sbx, Mutation::gaussian);
  const Operators operators(experiment);
  Draws draws(1, 0, 0, 0, Purpose::child);
  int up = 0;
  for (int i = 0; i < 2000; ++i) {
    Genome genome = {0, 50, 0, 1, 0};
    operators.mutate(genome.data(), Skips(1, 5), draws);
    ASSERT_LT(std::fabs(std::log10(genome[3])), 3.01);
    up += genome[3] > 1;
  }
  EXPECT_NEAR(up, 1000, 120);
}

TEST(Axis, SnapsAsItsGeneDoes) {
  for (const auto& gene :
       {fixture::real_gene("a", -4, 4), fixture::real_gene("b", 0.01, 0.1, 0.01),
        fixture::real_gene("c", -1.5, 1.5, 0.25), fixture::integer_gene("d", 5, 200),
        fixture::real_gene("e", 0, 1, 0.3)}) {
    const Axis axis(gene);
    for (double raw = gene.least - 1; raw < gene.most + 1; raw += 0.00137)
      ASSERT_EQ(axis.snap(raw), gene.snap(raw)) << gene.name << ' ' << raw;
  }
}

}  // namespace
}  // namespace mendel::genetics
