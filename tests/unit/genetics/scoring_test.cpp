#include "shared/genetics/scoring.hpp"

#include <gtest/gtest.h>

#include "tests/unit/genetics/fixture.hpp"

namespace mendel::genetics {
namespace {

using market::Metric;

strategy::SearchSettings limited() {
  auto search = fixture::search();
  search.limits = {{Metric::trade_count, ">=", 30}, {Metric::max_drawdown, "<", 0.2}};
  return search;
}

market::Metrics metrics(double sharpe, double trades, double drawdown) {
  market::Metrics all;
  all.set(Metric::sharpe_ratio, sharpe);
  all.set(Metric::trade_count, trades);
  all.set(Metric::max_drawdown, drawdown);
  return all;
}

TEST(Scoring, IsFeasibleWhenEveryLimitHolds) {
  const Scoring scoring = score(limited(), metrics(1.5, 30, 0.1), false);
  EXPECT_EQ(scoring.validity, Validity::feasible);
  EXPECT_EQ(*scoring.objectives[0], 1.5);
  EXPECT_EQ(scoring.violation, 0);
  EXPECT_EQ(explain(limited(), scoring), "");
}

TEST(Scoring, SumsShortfallsByTheirBounds) {
  const Scoring scoring = score(limited(), metrics(1.5, 15, 0.3), false);
  EXPECT_EQ(scoring.validity, Validity::infeasible);
  EXPECT_DOUBLE_EQ(scoring.violation, 15.0 / 30 + 0.1 / 0.2);
  EXPECT_EQ(explain(limited(), scoring), "trade_count is 15, limit >= 30");
  EXPECT_EQ(misses(limited(), scoring),
            (std::vector<std::string>{"trade_count is 15, limit >= 30",
                                      "max_drawdown is 0.3, limit < 0.2"}));
}

TEST(Scoring, AStrictLimitIsMissedAtItsBound) {
  const Scoring scoring = score(limited(), metrics(1.5, 30, 0.2), false);
  EXPECT_EQ(scoring.validity, Validity::infeasible);
  EXPECT_EQ(scoring.violation, 0);
}

TEST(Scoring, RuinIsInfeasible) {
  const Scoring scoring = score(limited(), metrics(1.5, 30, 0.1), true);
  EXPECT_EQ(scoring.validity, Validity::infeasible);
  EXPECT_EQ(scoring.violation, 1);
  EXPECT_EQ(explain(limited(), scoring), "the account was lost");
  EXPECT_EQ(misses(limited(), scoring), std::vector<std::string>{"the account was lost"});
}

TEST(Scoring, AnUndefinedObjectiveIsUndefined) {
  auto all = metrics(0, 0, 0);
  all.undefine(Metric::sharpe_ratio, market::Undefined::no_variance);
  const Scoring scoring = score(limited(), all, false);
  EXPECT_EQ(scoring.validity, Validity::undefined);
  EXPECT_FALSE(scoring.objectives[0]);
  EXPECT_EQ(explain(limited(), scoring), "sharpe_ratio is undefined");
}

TEST(Scoring, AnEvaluatorsRefusalIsInvalid) {
  const Scoring scoring = refuse(limited(), "nested too deeply");
  EXPECT_EQ(scoring.validity, Validity::invalid);
  EXPECT_EQ(scoring.limits.size(), 2u);
  EXPECT_EQ(explain(limited(), scoring), "nested too deeply");
}

}  // namespace
}  // namespace mendel::genetics
