#include "shared/genetics/ranking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

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

// Of every class, with few values, so that many tie and some are the same.
std::vector<Member> many_that_tie(std::size_t objectives) {
  std::mt19937_64 random(17);
  const auto one_of = [&](std::size_t count) { return static_cast<double>(random() % count) - 1; };
  std::vector<Member> members;
  for (int i = 0; i < 3000; ++i) {
    strategy::Genome genome = {one_of(6) / 8, one_of(4) * 0.0, one_of(30)};
    Member member = undefined(genome);
    const auto kind = random() % 8;
    if (kind < 5)
      member = feasible(genome, std::vector<std::optional<double>>(objectives, one_of(3)));
    if (kind < 5 && objectives > 1) member.scoring.objectives[1] = one_of(4);
    if (kind == 5) member = infeasible(genome, 1 + one_of(3));
    if (kind == 6) member.scoring.validity = Validity::invalid;
    members.push_back(std::move(member));
  }
  return members;
}

// What stands before what, said plainly.
bool stands_before(const Member& a, const Member& b) {
  if (a.scoring.validity != b.scoring.validity) return a.scoring.validity < b.scoring.validity;
  if (a.scoring.violation != b.scoring.violation) return a.scoring.violation < b.scoring.violation;
  if (a.scoring.feasible() && a.scoring.objectives != b.scoring.objectives) {
    const bool first = a.scoring.objectives[0] == b.scoring.objectives[0];
    if (first) return *a.scoring.objectives[1] < *b.scoring.objectives[1];
    return *a.scoring.objectives[0] > *b.scoring.objectives[0];
  }
  return compare_bytes(a.genome, b.genome) < 0;
}

TEST(Ranking, ManyThatTieStandAsComparingThemSays) {
  const std::vector<Member> members = many_that_tie(1);
  std::vector<std::size_t> expected(members.size());
  std::iota(expected.begin(), expected.end(), 0);
  std::stable_sort(expected.begin(), expected.end(), [&](std::size_t a, std::size_t b) {
    return stands_before(members[a], members[b]);
  });
  EXPECT_EQ(order(fixture::search(), members), expected);
}

TEST(Ranking, ManyThatTieStandOnceAmongTheRanked) {
  const std::vector<Member> members = many_that_tie(1);
  const Members once = ranked(fixture::search(), members_of(members));
  for (std::size_t i = 1; i < once.size(); ++i)
    EXPECT_TRUE(stands_before(*once[i - 1], *once[i])) << i;
  for (const Member& member : members)
    EXPECT_TRUE(std::any_of(once.begin(), once.end(), [&](const Member* one) {
      return !stands_before(member, *one) && !stands_before(*one, member);
    }));
}

TEST(Ranking, FrontsOfManyThatTieStandInTheOrderOfTheirObjectives) {
  const std::vector<Member> members = many_that_tie(2);
  for (const auto& front : fronts(fixture::search(2), members))
    for (std::size_t i = 1; i < front.size(); ++i)
      EXPECT_FALSE(stands_before(members[front[i]], members[front[i - 1]]));
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
