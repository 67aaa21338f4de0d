// What a verdict needs: neighbours, samples, the pick at other costs.
#include "stages/ga_dispatcher/evidence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/ga_dispatcher/fixture.hpp"

namespace mendel::ga_dispatcher {
namespace {

using strategy::Genome;
using ::testing::ElementsAre;

std::shared_ptr<const strategy::Experiment> experiment(const strategy::Overrides& more = {}) {
  auto read = strategy::read_experiment(mendel::testing::experiment_text(), "test.toml", more);
  if (!read) ADD_FAILURE() << read.error().message;
  return std::make_shared<const strategy::Experiment>(std::move(*read));
}

TEST(Neighbours, AreOneStepAwayInEachGene) {
  // fast, level (continuous from 50 to 90), slow.
  EXPECT_THAT(neighbours(*experiment(), {10, 70, 30}),
              ElementsAre(Genome{9, 70, 30}, Genome{11, 70, 30}, Genome{10, 68, 30},
                          Genome{10, 72, 30}, Genome{10, 70, 29}, Genome{10, 70, 31}));
}

TEST(Neighbours, StayWithinRangesAndConstraints) {
  EXPECT_THAT(neighbours(*experiment(), {5, 90, 6}),
              ElementsAre(Genome{5, 88, 6}, Genome{5, 90, 7}));
}

TEST(Neighbours, OfAStepAreThatStepAway) {
  const auto stepped = experiment({{"genes.level", "{ real = [50, 90], step = 5 }"}});
  EXPECT_THAT(neighbours(*stepped, {5, 70, 6}),
              ElementsAre(Genome{5, 65, 6}, Genome{5, 75, 6}, Genome{5, 70, 7}));
}

TEST(UniformSample, IsDistinctFeasibleAndOfTheSeedAlone) {
  const auto sample = uniform_sample(*experiment(), 100);
  EXPECT_EQ(sample, uniform_sample(*experiment({{"search.generations", "3"}}), 100));
  EXPECT_NE(sample, uniform_sample(*experiment({{"search.seed", "7"}}), 100));
  EXPECT_EQ(std::set<Genome>(sample.begin(), sample.end()).size(), sample.size());
  EXPECT_GT(sample.size(), 95u);
  for (const Genome& genome : sample)
    EXPECT_TRUE(strategy::satisfies_constraints(*experiment(), genome));
}

TEST(UniformSample, OfFewGenomesHoldsThemOnce) {
  const auto small = experiment({{"genes.fast", "{ int = [5, 6] }"},
                                 {"genes.slow", "{ int = [7, 8] }"},
                                 {"genes.level", "{ int = [50, 51] }"}});
  EXPECT_EQ(uniform_sample(*small, 512).size(), 8u);
}

TEST(Evidence, VariantsDifferInCostsAlone) {
  const auto costly = experiment({{"costs.fee_bps", "0.1"}, {"costs.slippage_bps", "3"}});
  const Evidence evidence(costly, sha256("data"), {10, 70, 30}, 40);
  const auto variants = evidence.variants();
  ASSERT_EQ(variants.size(), 2u);
  const auto twice = strategy::read_experiment(variants[1].text, "variant");
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->digest, variants[1].digest);
  EXPECT_EQ(twice->costs.fee_bps, 0.2);
  EXPECT_EQ(twice->costs.slippage_bps, 6);
  EXPECT_EQ(strategy::read_experiment(variants[0].text, "variant")->costs.fee_bps, 0);
}

TEST(Evidence, AsksForEachThingInSampleOnly) {
  const Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, 40);
  std::size_t variants = 0;
  for (const Wanted& one : evidence.wanted()) {
    EXPECT_EQ(one.windows, 1 << static_cast<int>(market::Window::in_sample));
    variants += one.experiment.is_zero() ? 0 : 1;
  }
  EXPECT_EQ(variants, 2u);
  EXPECT_EQ(evidence.wanted().size(), 2u + 1u + 6u + 40u);
}

// Scores everything wanted: the Sharpe ratio of each genome by `sharpe`.
template <class Sharpe>
Findings found(Evidence& evidence, Sharpe sharpe) {
  for (const Wanted& one : evidence.wanted()) {
    wire::Score score = mendel::testing::score_of(one.genome);
    score.key = one.key;
    score.rows[0].metrics.set(market::Metric::sharpe_ratio, sharpe(one.genome));
    evidence.accept(score);
  }
  EXPECT_TRUE(evidence.is_complete());
  return evidence.findings({{}, 256, 100});
}

TEST(Evidence, TheMedianNeighbourIsTheWorseOfTheMiddleTwo) {
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, 40);
  // Neighbours: 9 and 11, 68 and 72, 29 and 31.
  const Findings findings =
      found(evidence, [](const Genome& g) { return g[0] + g[1] + g[2] - 110; });
  EXPECT_EQ(findings.best, 0.0);
  EXPECT_EQ(findings.neighbours, 6u);
  EXPECT_EQ(findings.median_neighbour, -1.0);
}

TEST(Evidence, SharpeRatiosOfTheTestsArePerDay) {
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, 40);
  const Findings findings = found(evidence, [](const Genome& g) { return g[0] > 20 ? 2.0 : 4.0; });
  EXPECT_EQ(findings.days, 100);
  EXPECT_EQ(findings.in_sample_sharpe, 4.0);
  EXPECT_EQ(findings.moments->sharpe, 0.25);
  EXPECT_EQ(findings.moments->count, 100);
  // Ratios a day of 1/8 and 1/4: the variance is at most (1/16)^2, times 40 / 39.
  EXPECT_GT(*findings.sharpe_variance, 0);
  EXPECT_LE(*findings.sharpe_variance, 1.03 / 256);
}

TEST(Evidence, WhatAnEvaluatorRefusedIsUndefined) {
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, 40);
  for (const Wanted& one : evidence.wanted()) {
    wire::Score score;
    score.key = one.key;
    score.invalid = "quarantined";
    evidence.accept(score);
  }
  const Findings findings = evidence.findings({{}, 256, 100});
  EXPECT_FALSE(findings.moments || findings.best || findings.median_neighbour);
  EXPECT_FALSE(findings.sharpe_variance);
  EXPECT_EQ(judge(findings).find("verdict")->as_text(), "reject");
}

}  // namespace
}  // namespace mendel::ga_dispatcher
