#include "shared/genetics/choice.hpp"

#include <gtest/gtest.h>

#include "tests/unit/genetics/fixture.hpp"

namespace mendel::genetics {
namespace {

using fixture::feasible;
using fixture::infeasible;

// Sharpe up, drawdown down.
const std::vector<Member> kFront = {feasible({1}, {1.0, 0.1}), feasible({2}, {2.8, 0.2}),
                                    feasible({3}, {3.0, 0.6}), feasible({4}, {0.5, 0.3})};

std::optional<std::size_t> picked(const std::string& how, std::size_t objectives = 2) {
  auto search = fixture::search(objectives);
  search.pick = how;
  EXPECT_TRUE(check_pick(search));
  return pick(search, kFront);
}

TEST(Choice, FirstTakesTheBestFirstObjective) { EXPECT_EQ(picked("first"), 2u); }

TEST(Choice, KneeIsNearestToTheIdealPoint) { EXPECT_EQ(picked("knee"), 1u); }

TEST(Choice, WeightsDecideAlongTheFront) {
  EXPECT_EQ(picked("weighted:1,0"), 2u);
  EXPECT_EQ(picked("weighted:0, 1"), 0u);
  EXPECT_EQ(picked("weighted:0.5,0.5"), 1u);
}

TEST(Choice, RefusesAPickThatDoesNotFitTheObjectives) {
  auto search = fixture::search(2);
  for (const char* text : {"best", "weighted:1", "weighted:1,2,3", "weighted:a,b",
                           "weighted:", "weighted:-1,1", "weighted:1,nan"}) {
    search.pick = text;
    const Status status = check_pick(search);
    ASSERT_FALSE(status) << text;
    EXPECT_EQ(status.error().kind, ErrorKind::configuration);
  }
}

TEST(Choice, NothingFeasibleMeansNoPick) {
  const std::vector<Member> members = {infeasible({1}, 0.1), fixture::undefined({2})};
  EXPECT_FALSE(pick(fixture::search(), members));
  EXPECT_TRUE(finalists(fixture::search(), members, 10).empty());
}

TEST(Choice, FinalistsAreDistinctFeasibleAndInOrder) {
  const std::vector<Member> members = {feasible({1}, {0.1}), feasible({2}, {0.9}),
                                       feasible({2}, {0.9}), feasible({3}, {0.5}),
                                       feasible({4}, {0.2}), infeasible({5}, 0.1)};
  const auto best = finalists(fixture::search(), members, 2);
  ASSERT_EQ(best.size(), 3u);
  EXPECT_EQ(best[0].genome, strategy::Genome{2});
  EXPECT_EQ(best[1].genome, strategy::Genome{3});
  EXPECT_EQ(best[2].genome, strategy::Genome{4});
  EXPECT_EQ(finalists(fixture::search(), members, 100).size(), 4u);
}

TEST(Choice, ThePickLeadsTheFinalists) {
  auto search = fixture::search(2);
  search.pick = "knee";
  const auto best = finalists(search, kFront, 10);
  ASSERT_EQ(best.size(), 4u);
  EXPECT_EQ(best[0].genome, strategy::Genome{2});
}

}  // namespace
}  // namespace mendel::genetics
