// What a verdict needs: neighbours, samples, the pick at other costs.
#include "stages/ga_dispatcher/evidence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "shared/base/rng.hpp"
#include "shared/wire/detailed_key.hpp"
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

// A uniform sample of 40, 30 of them with daily returns, and 20 bred genomes.
Evidence::Samples samples() {
  Evidence::Samples samples;
  samples.uniform = 40;
  samples.daily = 30;
  for (int fast = 5; fast < 25; ++fast) samples.bred.push_back({double(fast), 60, 40});
  return samples;
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
  const Evidence evidence(costly, sha256("data"), {10, 70, 30}, samples());
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
  const Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, samples());
  std::size_t variants = 0;
  for (const Wanted& one : evidence.wanted()) {
    EXPECT_EQ(one.windows, 1 << static_cast<int>(market::Window::in_sample));
    variants += one.experiment.is_zero() ? 0 : 1;
  }
  EXPECT_EQ(variants, 2u);
  EXPECT_EQ(evidence.wanted().size(), 2u + 1u + 6u + 40u + 30u + 20u);
}

TEST(Evidence, AsksForDailyReturnsOfItsSamplesAloneUnderKeysOfTheirOwn) {
  const Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, samples());
  std::set<Digest> keys;
  std::set<Genome> daily;
  for (const Wanted& one : evidence.wanted()) {
    if (one.detail == wire::kDetailNone) continue;
    EXPECT_TRUE(keys.insert(one.key).second);
    EXPECT_EQ(one.detail, wire::kDetailDailyBlocks);
    EXPECT_EQ(one.key, wire::detailed_key(strategy::evaluation_key(sha256("data"), *experiment(),
                                                                   one.genome, one.windows),
                                          one.detail));
    daily.insert(one.genome);
  }
  EXPECT_EQ(daily.size(), 50u);
  for (const Genome& genome : samples().bred) EXPECT_EQ(daily.count(genome), 1u);
  for (const Genome& genome : uniform_sample(*experiment(), 30)) EXPECT_EQ(daily.count(genome), 1u);
}

TEST(DailySample, IsSmallerOnLongHistories) {
  EXPECT_EQ(daily_sample(512, 0), 512u);
  EXPECT_EQ(daily_sample(512, 100'000), 512u);
  EXPECT_EQ(daily_sample(512, 1'000'000), 100u);
  EXPECT_EQ(daily_sample(512, 1'000'000'000), 64u);
  EXPECT_EQ(daily_sample(8, 1'000'000'000), 8u);
}

// What everything wanted scores when the days of a genome are `days_of` it.
template <class Days>
Findings found_with_days(Evidence& evidence, Days days_of) {
  for (const Wanted& one : evidence.wanted()) {
    wire::Score score = mendel::testing::score_of(one.genome);
    score.key = one.key;
    if (one.detail != wire::kDetailNone)
      score.blocks = statistics::to_numbers(statistics::blocks_of(days_of(one.genome)));
    evidence.accept(score);
  }
  EXPECT_TRUE(evidence.is_complete());
  return evidence.findings({{}, 256, 320});
}

// Noise that follows from the genome, and `drift`.
std::vector<double> noisy_days(const Genome& genome, double drift, int count = 320) {
  Draws draws(checksum(strategy::canonical_bytes(genome)), 0, 0, 0, Purpose::sample);
  std::vector<double> days;
  for (int day = 0; day < count; ++day) days.push_back(draws.unit() - 0.5 + drift);
  return days;
}

TEST(Evidence, TheProbabilityOfOverfittingIsLowWhereTheBestIsTrulyBetter) {
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, samples());
  const Findings findings = found_with_days(
      evidence, [](const Genome& genome) { return noisy_days(genome, 0.01 * genome[0]); });
  EXPECT_EQ(findings.uniform.strategies, 30u);
  EXPECT_EQ(findings.bred.strategies, 20u);
  EXPECT_EQ(findings.both.strategies, 50u);
  for (const Choice* choice : {&findings.uniform, &findings.bred, &findings.both}) {
    ASSERT_TRUE(choice->overfitting);
    EXPECT_EQ(choice->overfitting->splits, 12870);
    EXPECT_LT(choice->overfitting->probability(), 0.05);
  }
}

TEST(Evidence, TheProbabilityOfOverfittingIsHighWhereAllIsNoise) {
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, samples());
  const Findings findings =
      found_with_days(evidence, [](const Genome& genome) { return noisy_days(genome, 0); });
  EXPECT_GT(findings.both.overfitting->probability(), kOverfittingMost);
}

TEST(Evidence, AGenomeOfBothSamplesIsOneStrategy) {
  Evidence::Samples twice = samples();
  twice.bred = uniform_sample(*experiment(), 30);
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, twice);
  const Findings findings =
      found_with_days(evidence, [](const Genome& genome) { return noisy_days(genome, 0); });
  EXPECT_EQ(findings.both.strategies, 30u);
  EXPECT_EQ(findings.both.overfitting->overfit, findings.bred.overfitting->overfit);
}

TEST(Evidence, GenomesThatNeverTradeAreNoStrategies) {
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, samples());
  const Findings findings = found_with_days(evidence, [](const Genome& genome) {
    return genome[1] == 60 && genome[0] < 14 ? noisy_days(genome, 0) : std::vector<double>(320, 0);
  });
  EXPECT_EQ(findings.both.strategies, 9u);
  EXPECT_FALSE(findings.both.overfitting);
}

TEST(Evidence, TooFewDaysHaveNoProbabilityOfOverfitting) {
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, samples());
  const Findings findings =
      found_with_days(evidence, [](const Genome& genome) { return noisy_days(genome, 0, 31); });
  EXPECT_GT(findings.both.strategies, 40u);
  EXPECT_FALSE(findings.both.overfitting);
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
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, samples());
  // Neighbours: 9 and 11, 68 and 72, 29 and 31.
  const Findings findings =
      found(evidence, [](const Genome& g) { return g[0] + g[1] + g[2] - 110; });
  EXPECT_EQ(findings.best, 0.0);
  EXPECT_EQ(findings.neighbours, 6u);
  EXPECT_EQ(findings.median_neighbour, -1.0);
}

TEST(Evidence, SharpeRatiosOfTheTestsArePerDay) {
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, samples());
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
  Evidence evidence(experiment(), sha256("data"), {10, 70, 30}, samples());
  for (const Wanted& one : evidence.wanted()) {
    wire::Score score;
    score.key = one.key;
    score.invalid = "quarantined";
    evidence.accept(score);
  }
  const Findings findings = evidence.findings({{}, 256, 100});
  EXPECT_FALSE(findings.moments || findings.best || findings.median_neighbour);
  EXPECT_FALSE(findings.sharpe_variance);
  EXPECT_FALSE(findings.both.overfitting);
  EXPECT_EQ(judge(findings).find("verdict")->as_text(), "reject");
}

}  // namespace
}  // namespace mendel::ga_dispatcher
