// One test a rule of the verdict (docs/verdict.md).
#include "stages/ga_dispatcher/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "shared/statistics/sharpe.hpp"
#include "tests/support/golden.hpp"

namespace mendel::ga_dispatcher {
namespace {

using ::testing::HasSubstr;

// Passes every test.
Findings good() {
  Findings f;
  f.moments = statistics::ReturnMoments{2000, 0.1, 0, 3};
  f.days = 2000;
  f.trials = 100;
  f.sharpe_variance = 0.0001;
  f.uniform_sample = 512;
  f.uniform = {500, statistics::Overfitting{12870, 3000}};
  f.bred = {400, statistics::Overfitting{12870, 1000}};
  f.both = {900, statistics::Overfitting{12870, 2574}};
  f.has_holdout = true;
  f.in_sample_sharpe = 1.5;
  f.out_of_sample_sharpe = 0.8;
  f.return_at_no_costs = 0.6;
  f.return_at_costs = 0.5;
  f.return_at_double_costs = 0.4;
  f.objective = "sharpe_ratio";
  f.best = 1.5;
  f.median_neighbour = 1.2;
  f.neighbours = 6;
  return f;
}

std::string word(const Findings& findings) { return judge(findings).find("verdict")->as_text(); }

bool passes(const Findings& findings, const std::string& name) {
  const config::Value verdict = judge(findings);
  for (const config::Value& test : verdict.find("tests")->items())
    if (test.find("name")->as_text() == name) return test.find("passed")->as_bool();
  ADD_FAILURE() << "no test " << name;
  return false;
}

double number(const Findings& findings, const char* name) {
  return judge(findings).find("numbers")->find(name)->as_number();
}

TEST(Verdict, IsPlausibleWhenEveryTestIsPassed) {
  EXPECT_EQ(word(good()), "plausible");
  EXPECT_EQ(judge(good()).find("why")->as_text(), "all 6 tests are passed");
}

TEST(Verdict, IsWeakWithOneFailingTestAndRejectWithTwo) {
  Findings f = good();
  f.median_neighbour = 0.7;
  EXPECT_EQ(word(f), "weak");
  f.return_at_double_costs = -0.01;
  EXPECT_EQ(word(f), "reject");
  EXPECT_EQ(judge(f).find("why")->as_text(),
            "2 of 6 tests fail: return_at_double_costs, median_neighbour");
  EXPECT_EQ(number(f, "failed_tests"), 2);
}

TEST(Verdict, TheDeflatedSharpeRatioMustReachNinetyFivePercent) {
  Findings f = good();
  EXPECT_GE(number(f, "deflated_sharpe"), 0.95);
  EXPECT_TRUE(passes(f, "deflated_sharpe"));
  f.trials = 100'000'000;
  f.sharpe_variance = 0.001;
  EXPECT_FALSE(passes(f, "deflated_sharpe"));
}

TEST(Verdict, ItsSharpeRatiosAreTheGoldenOnes) {
  Findings f = good();
  f.moments = statistics::moments_of(golden::returns(42, 195, 400));
  f.trials = 1000;
  f.sharpe_variance = 0.0004;
  EXPECT_NEAR(number(f, "probabilistic_sharpe"), 0.7253411088, 1e-9);
  EXPECT_NEAR(number(f, "deflated_sharpe"), 0.2413886232, 1e-9);
}

TEST(Verdict, AProbabilityOfOverfittingAboveAFifthFails) {
  Findings f = good();
  EXPECT_EQ(number(f, "pbo"), 0.2);
  EXPECT_TRUE(passes(f, "pbo"));
  ++f.both.overfitting->overfit;
  EXPECT_FALSE(passes(f, "pbo"));
  EXPECT_EQ(word(f), "weak");
}

TEST(Verdict, OverfittingIsToldOfEachSampleAndOfBoth) {
  EXPECT_NEAR(number(good(), "pbo_uniform"), 3000.0 / 12870, 1e-15);
  EXPECT_NEAR(number(good(), "pbo_bred"), 1000.0 / 12870, 1e-15);
  EXPECT_EQ(number(good(), "pbo_genomes"), 900);
  EXPECT_THAT(config::to_json(judge(good())),
              HasSubstr("12870 splits; 23 % of 500 uniform genomes, 8 % of 400 bred ones"));
}

TEST(Verdict, OverfittingThatIsUndefinedSaysWhyAndIsNotPassed) {
  Findings f = good();
  f.both = {9, std::nullopt};
  EXPECT_FALSE(passes(f, "pbo"));
  EXPECT_THAT(config::to_json(judge(f)), HasSubstr("9 of the sampled genomes trade, 10 are"));
  EXPECT_TRUE(judge(f).find("numbers")->find("pbo")->is_null());
  f.both.strategies = 900;
  f.days = 31;
  EXPECT_THAT(config::to_json(judge(f)), HasSubstr("31 days in sample are too few for 16 blocks"));
}

TEST(Verdict, OutOfSampleMustKeepHalfOfTheInSampleSharpeRatio) {
  Findings f = good();
  f.out_of_sample_sharpe = 0.75;
  EXPECT_TRUE(passes(f, "out_of_sample_sharpe"));
  f.out_of_sample_sharpe = 0.74;
  EXPECT_FALSE(passes(f, "out_of_sample_sharpe"));
}

TEST(Verdict, WithoutAHoldoutNothingIsPlausible) {
  Findings f = good();
  f.has_holdout = false;
  f.out_of_sample_sharpe.reset();
  EXPECT_EQ(word(f), "weak");
  EXPECT_THAT(config::to_json(judge(f)), HasSubstr("nothing was held back"));
}

TEST(Verdict, ALossAtDoubleCostsFails) {
  Findings f = good();
  f.return_at_double_costs = 0;
  EXPECT_TRUE(passes(f, "return_at_double_costs"));
  f.return_at_double_costs = -1e-9;
  EXPECT_FALSE(passes(f, "return_at_double_costs"));
}

TEST(Verdict, TheMedianNeighbourMustBeHalfAsGood) {
  Findings f = good();
  f.median_neighbour = 0.75;
  EXPECT_TRUE(passes(f, "median_neighbour"));
  f.median_neighbour = 0.74;
  EXPECT_FALSE(passes(f, "median_neighbour"));
  f.maximise = false;  // a drawdown, say
  f.best = 0.1;
  f.median_neighbour = 0.2;
  EXPECT_TRUE(passes(f, "median_neighbour"));
  f.median_neighbour = 0.21;
  EXPECT_FALSE(passes(f, "median_neighbour"));
}

TEST(Verdict, HalfAsGoodAsALossIsTwiceTheLoss) {
  EXPECT_EQ(half_as_good(2, true), 1);
  EXPECT_EQ(half_as_good(-2, true), -4);
  EXPECT_EQ(half_as_good(2, false), 4);
  EXPECT_EQ(half_as_good(-2, false), -1);
}

TEST(Verdict, FewerDaysThanTheMinimumTrackRecordFail) {
  Findings f = good();
  const double needed = number(f, "minimum_track_record");
  f.days = static_cast<std::int64_t>(needed);
  EXPECT_TRUE(passes(f, "days"));
  --f.days;
  EXPECT_FALSE(passes(f, "days"));
  f.moments->sharpe = -0.01;  // no number of days is enough
  EXPECT_FALSE(passes(f, "days"));
}

TEST(Verdict, WhatIsUndefinedIsNotPassed) {
  const config::Value verdict = judge({});
  EXPECT_EQ(verdict.find("verdict")->as_text(), "reject");
  EXPECT_EQ(verdict.find("numbers")->find("failed_tests")->as_integer(), 6);
  for (const config::Value& test : verdict.find("tests")->items())
    EXPECT_FALSE(test.find("passed")->as_bool()) << config::to_json(test);
}

}  // namespace
}  // namespace mendel::ga_dispatcher
