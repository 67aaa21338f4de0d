#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "topology/mendel/folds.hpp"
#include "topology/mendel/walk_forward_report.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

std::int64_t at(const char* date) { return *parse_time(date); }

strategy::TimeRange range(const char* from, const char* to) { return {at(from), at(to)}; }

std::string text(const strategy::TimeRange& range) {
  return format_date(range.from_ns) + " " + format_date(range.to_ns);
}

WalkForward yearly() { return {24, 12, 12, false, 0}; }

TEST(Folds, MoveByTheStepAndFitIntoTheWhole) {
  const FoldPlan plan = *plan_folds(yearly(), range("2010-01-01", "2014-07-01"));
  ASSERT_EQ(plan.folds.size(), 2u);
  EXPECT_EQ(text(plan.folds[0].in_sample), "2010-01-01 2012-01-01");
  EXPECT_EQ(text(plan.folds[0].out_of_sample), "2012-01-01 2013-01-01");
  EXPECT_EQ(text(plan.folds[1].in_sample), "2011-01-01 2013-01-01");
  EXPECT_EQ(text(plan.folds[1].out_of_sample), "2013-01-01 2014-01-01");
}

TEST(Folds, TheNextGenomeIsSearchedUpToTheEndOfTheLast) {
  EXPECT_EQ(text(plan_folds(yearly(), range("2010-01-01", "2014-07-01"))->next),
            "2012-01-01 2014-01-01");
}

TEST(Folds, AnchoredOnesAllBeginAtTheBeginning) {
  WalkForward settings = yearly();
  settings.anchored = true;
  const FoldPlan plan = *plan_folds(settings, range("2010-01-01", "2014-07-01"));
  EXPECT_EQ(text(plan.folds[1].in_sample), "2010-01-01 2013-01-01");
  EXPECT_EQ(text(plan.next), "2010-01-01 2014-01-01");
}

TEST(Folds, TheEmbargoRemovesItsDaysBehindInSample) {
  WalkForward settings = yearly();
  settings.embargo_days = 10;
  const FoldPlan plan = *plan_folds(settings, range("2010-01-01", "2014-07-01"));
  EXPECT_EQ(text(plan.folds[0].out_of_sample), "2012-01-11 2013-01-01");
  EXPECT_EQ(text(plan.folds[1].in_sample), "2011-01-01 2013-01-01");
  settings.embargo_days = 400;
  EXPECT_THAT(plan_folds(settings, range("2010-01-01", "2014-07-01")).error().message,
              HasSubstr("leaves nothing"));
}

TEST(Folds, AStepShorterThanOutOfSampleIsRefused) {
  WalkForward settings = yearly();
  settings.step_months = 11;
  EXPECT_THAT(plan_folds(settings, range("2010-01-01", "2014-07-01")).error().message,
              HasSubstr("judged twice"));
}

TEST(Folds, WindowsThatDoNotFitAreRefused) {
  EXPECT_THAT(plan_folds(yearly(), range("2010-01-01", "2012-12-31")).error().message,
              HasSubstr("do not fit"));
  EXPECT_EQ(plan_folds(yearly(), range("2010-01-01", "2013-01-01"))->folds.size(), 1u);
}

TEST(Folds, MonthsAreCalendarMonths) {
  EXPECT_EQ(format_date(add_months(at("2020-01-31"), 1)), "2020-02-29");
  EXPECT_EQ(format_date(add_months(at("2020-01-31"), 2)), "2020-03-31");
  EXPECT_EQ(format_date(add_months(at("2019-11-15"), 3)), "2020-02-15");
  EXPECT_EQ(format_time(add_months(at("2019-12-31T09:30:00Z"), 12)), "2020-12-31T09:30:00Z");
}

TEST(Folds, LengthsAreMonthsOrYears) {
  EXPECT_EQ(*months_from("12 months"), 12);
  EXPECT_EQ(*months_from("2 years"), 24);
  EXPECT_EQ(*months_from("1 month"), 1);
  for (const char* bad : {"", "12", "0 months", "-1 months", "3 weeks", "201 years", "1 months x"})
    EXPECT_FALSE(months_from(bad)) << bad;
}

strategy::Experiment experiment() {
  strategy::Experiment made;
  strategy::Gene fast;
  fast.name = "fast";
  fast.least = 0;
  fast.most = 100;
  made.genes = {fast};
  return made;
}

FoldResult fold(const char* from, const char* middle, const char* to, const std::string& best) {
  auto report = config::parse_json(
      R"({"run": "R", "verdict": {"verdict": "weak"}, "best": )" + best + "}", "test");
  return {{range(from, middle), range(middle, to)}, *report};
}

std::string best(int fast, double in, double out) {
  config::Value value;
  config::Value genes;
  genes.set("fast", fast);
  value.set("genes", genes);
  config::Value inside;
  inside.set("total_return", in);
  config::Value outside;
  outside.set("total_return", out);
  value.set("in_sample", inside);
  value.set("out_of_sample", outside);
  return config::to_json(value);
}

config::Value three_folds() {
  const std::vector<FoldResult> folds = {
      fold("2010-01-01", "2011-01-01", "2012-01-01", best(10, 0.5, 0.1)),
      fold("2011-01-01", "2012-01-01", "2012-12-31", best(30, 0.5, -0.2)),
      fold("2012-01-01", "2012-12-31", "2013-12-31", "null")};
  return walk_forward_value(experiment(), folds,
                            fold("2013-01-01", "2013-12-31", "2013-12-31", best(20, 0.3, 0)));
}

TEST(WalkForward, TheJoinedCurveCompoundsTheFolds) {
  const config::Value value = three_folds();
  EXPECT_DOUBLE_EQ(value.find("total_return")->as_number(), 1.1 * 0.8 - 1);
  // A fold without a feasible genome does not trade.
  EXPECT_DOUBLE_EQ(value.find("folds")->items()[2].find("equity")->as_number(), 1.1 * 0.8);
  EXPECT_DOUBLE_EQ(value.find("profitable_share")->as_number(), 1.0 / 3);
}

TEST(WalkForward, EfficiencyIsTheAnnualReturnThatSurvives) {
  const config::Value value = three_folds();
  const double in = std::pow(1.5 * 1.5, 365.0 / 1095) - 1;
  const double out = std::pow(1.1 * 0.8, 365.0 / 1095) - 1;
  EXPECT_NEAR(value.find("in_sample_annual")->as_number(), in, 1e-3);
  EXPECT_NEAR(value.find("efficiency")->as_number(), out / in, 1e-3);
}

TEST(WalkForward, DriftIsTheMeanChangeAsAShareOfTheRange) {
  // From 10 to 30 of 0 to 100; the fold without a pick has no value to move to.
  EXPECT_DOUBLE_EQ(three_folds().find_path("drift.fast")->as_number(), 0.2);
}

TEST(WalkForward, TheTextNamesTheGenomeToTradeNext) {
  const std::string shown = walk_forward_text(three_folds());
  EXPECT_THAT(shown, HasSubstr("trade next            fast=20 (from 2013-01-01 – 2013-12-31)"));
  EXPECT_THAT(shown, HasSubstr("no feasible genome"));
  EXPECT_THAT(shown, HasSubstr("profitable folds      33.3 %"));
  EXPECT_THAT(shown, HasSubstr("fast 20 %"));
}

}  // namespace
}  // namespace mendel::cli
