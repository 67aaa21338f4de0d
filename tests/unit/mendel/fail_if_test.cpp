#include "topology/mendel/fail_if.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "stages/ga_dispatcher/verdict.hpp"
#include "topology/mendel/verdict_table.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

config::Value document() {
  config::Value report;
  ga_dispatcher::Findings findings;
  findings.days = 1760;
  findings.trials = 2945;
  findings.return_at_costs = 0.3;
  report.set("verdict", ga_dispatcher::judge(findings));
  return report;
}

bool fails(const char* condition) {
  const Result<FailIf> parsed = FailIf::parse(condition);
  EXPECT_TRUE(parsed) << condition;
  return parsed && parsed->reason(document()).has_value();
}

TEST(FailIf, ComparesTheVerdictAndItsNumbers) {
  EXPECT_TRUE(fails("verdict != plausible"));
  EXPECT_TRUE(fails("verdict==reject"));
  EXPECT_FALSE(fails("verdict == weak"));
  EXPECT_TRUE(fails("return_at_costs > 0.2"));
  EXPECT_FALSE(fails(" return_at_costs>0.5 "));
  EXPECT_TRUE(fails("return_at_costs >= 0.3"));
  EXPECT_TRUE(fails("return_at_costs <= 0.3"));
  EXPECT_FALSE(fails("days < 1760"));
  EXPECT_TRUE(fails("trials != 1"));
}

TEST(FailIf, SaysWhy) {
  EXPECT_EQ(*FailIf::parse("return_at_costs > 0.2")->reason(document()),
            "--fail-if \"return_at_costs > 0.2\": return_at_costs is 0.3");
  EXPECT_THAT(*FailIf::parse("verdict != plausible")->reason(document()),
              HasSubstr("the verdict is reject: 6 of 6 tests fail"));
}

TEST(FailIf, WhatIsUndefinedFails) {
  EXPECT_TRUE(fails("deflated_sharpe < 0.5"));
  EXPECT_TRUE(fails("pbo > 0.5"));
  EXPECT_TRUE(fails("null_p > 0.5"));
  EXPECT_THAT(*FailIf::parse("best < 1")->reason(document()), HasSubstr("best is undefined"));
  EXPECT_TRUE(FailIf::parse("verdict != plausible")->reason(config::Value()).has_value());
}

TEST(FailIf, RefusesWhatItDoesNotKnowAndListsTheNames) {
  const auto refused = [](const char* text) {
    const Result<FailIf> parsed = FailIf::parse(text);
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  EXPECT_THAT(refused("trails > 5"), HasSubstr("trials, sharpe_variance"));
  EXPECT_THAT(refused("trails > 5"), HasSubstr("did you mean 'trials'?"));
  EXPECT_THAT(refused("verdict != plausibel"), HasSubstr("did you mean 'plausible'?"));
  EXPECT_THAT(refused("verdict > weak"), HasSubstr("by == or !="));
  EXPECT_THAT(refused("trials > high"), HasSubstr("'high' is no number"));
  EXPECT_THAT(refused("trials"), HasSubstr("expected a comparison"));
  EXPECT_THAT(refused("trials = 1"), HasSubstr("use one of =="));
  EXPECT_THAT(refused("trials > nan"), HasSubstr("no number"));
  EXPECT_EQ(FailIf::parse("").error().exit_code(), 2);
}

// A number without a name here could not be asked for.
TEST(FailIf, KnowsEveryNumberOfTheVerdict) {
  std::vector<std::string> names = {"verdict", kNullP};
  const config::Value all = document();
  for (const auto& [name, number] : all.find_path("verdict.numbers")->entries())
    names.push_back(name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAreArray(fail_if_names()));
}

TEST(VerdictTable, ShowsEveryTestWithItsMeaning) {
  const std::string text = verdict_text(document());
  EXPECT_THAT(text, HasSubstr("verdict: reject (6 of 6 tests fail: deflated_sharpe, pbo, "));
  EXPECT_THAT(text, HasSubstr("FAILED  days                       1760  >= –"));
  EXPECT_THAT(text, HasSubstr("nothing was held back"));
  EXPECT_THAT(text, HasSubstr("–"));
  EXPECT_EQ(verdict_text(config::Value()), "");
}

}  // namespace
}  // namespace mendel::cli
