#include "shared/genetics/ranking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/genetics/fixture.hpp"

namespace mendel::genetics {
namespace {

using fixture::feasible;
using fixture::infeasible;
using fixture::undefined;
using ::testing::ElementsAre;

TEST(Ranking, FeasibleThenLeastViolationThenUndefined) {
  const std::vector<Member> members = {undefined({1}), infeasible({2}, 0.5), feasible({3}, {0.1}),
                                       infeasible({4}, 0.2), feasible({5}, {0.9})};
  EXPECT_THAT(order(fixture::search(), members), ElementsAre(4, 2, 3, 1, 0));
}

TEST(Ranking, AMinimisedObjectiveRanksTheSmallerFirst) {
  auto search = fixture::search();
  search.objectives[0].maximise = false;
  const std::vector<Member> members = {feasible({1}, {0.3}), feasible({2}, {0.1})};
  EXPECT_THAT(order(search, members), ElementsAre(1, 0));
}

TEST(Ranking, TiesGoByCanonicalGenomeBytes) {
  // 1.0 is ...f03f and 2.0 is ...0040 in bytes; the first six bytes are equal, 0xf0 > 0x00.
  const std::vector<Member> members = {feasible({1.0}, {0.5}), feasible({2.0}, {0.5})};
  EXPECT_THAT(order(fixture::search(), members), ElementsAre(1, 0));
}

TEST(Ranking, DoesNotDependOnTheOrderOfMembers) {
  std::vector<Member> members;
  for (int i = 0; i < 40; ++i)
    members.push_back(feasible({static_cast<double>(i)}, {0.1 * (i % 5), 0.3 * (i % 7)}));
  const auto search = fixture::search(2);
  std::vector<double> first;
  for (const std::size_t i : order(search, members)) first.push_back(members[i].genome[0]);
  std::reverse(members.begin(), members.end());
  std::vector<double> second;
  for (const std::size_t i : order(search, members)) second.push_back(members[i].genome[0]);
  EXPECT_EQ(first, second);
}

TEST(Ranking, TheLeadingAreTheFirstOfTheOrder) {
  std::vector<Member> members;
  for (int i = 0; i < 40; ++i)
    members.push_back(i % 4 == 0 ? infeasible({static_cast<double>(i)}, 0.1 * (i % 3))
                                 : feasible({static_cast<double>(i)}, {0.1 * (i % 5)}));
  const auto search = fixture::search();
  Members first;
  for (const std::size_t i : order(search, members)) first.push_back(&members[i]);
  EXPECT_EQ(leading(search, members_of(members), 100), first);
  first.resize(7);
  EXPECT_EQ(leading(search, members_of(members), 7), first);
}

// Sharpe up, drawdown down: (2, 0.1) dominates (1, 0.2); (3, 0.4) and (2, 0.1) do not compare.
TEST(Ranking, FrontsHoldWhatIsNotDominated) {
  const std::vector<Member> members = {feasible({1}, {1.0, 0.2}), feasible({2}, {2.0, 0.1}),
                                       feasible({3}, {3.0, 0.4}), feasible({4}, {0.5, 0.5}),
                                       feasible({5}, {2.5, 0.2})};
  const auto all = fronts(fixture::search(2), members);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_THAT(all[0], ::testing::UnorderedElementsAre(1, 2, 4));
  EXPECT_THAT(all[1], ::testing::UnorderedElementsAre(0));
  EXPECT_THAT(all[2], ::testing::UnorderedElementsAre(3));
}

TEST(Ranking, EqualObjectivesShareAFront) {
  const std::vector<Member> members = {feasible({1}, {1.0, 0.2}), feasible({2}, {1.0, 0.2})};
  EXPECT_EQ(fronts(fixture::search(2), members).size(), 1u);
}

TEST(Ranking, CrowdingMeasuresTheDistanceOfNeighbours) {
  const std::vector<Member> members = {feasible({1}, {0.0, 0.0}), feasible({2}, {1.0, 0.25}),
                                       feasible({3}, {4.0, 1.0})};
  const std::vector<std::size_t> front = {0, 1, 2};
  const auto distance = crowding(fixture::search(2), members, front);
  EXPECT_TRUE(std::isinf(distance[0]));
  EXPECT_DOUBLE_EQ(distance[1], 2.0);
  EXPECT_TRUE(std::isinf(distance[2]));
}

TEST(Ranking, WithinAFrontTheLessCrowdedComeFirst) {
  const std::vector<Member> members = {feasible({1}, {0.0, 0.0}), feasible({2}, {0.1, 0.01}),
                                       feasible({3}, {0.2, 0.02}), feasible({4}, {2.0, 0.6}),
                                       feasible({5}, {4.0, 1.0})};
  const auto ranked = order(fixture::search(2), members);
  EXPECT_THAT(std::vector<std::size_t>(ranked.begin() + 2, ranked.end()), ElementsAre(3, 2, 1));
}

TEST(Ranking, ConstrainedDominationPutsInfeasibleBehindEveryFront) {
  const std::vector<Member> members = {infeasible({1}, 0.1), feasible({2}, {0.5, 0.5}),
                                       feasible({3}, {1.0, 0.1}), undefined({4})};
  EXPECT_THAT(order(fixture::search(2), members), ElementsAre(2, 1, 0, 3));
}

}  // namespace
}  // namespace mendel::genetics
