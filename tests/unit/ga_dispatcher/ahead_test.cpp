// Islands that are bred ahead while others wait for their scores.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "shared/base/check.hpp"
#include "stages/ga_dispatcher/search.hpp"
#include "tests/unit/ga_dispatcher/fixture.hpp"

namespace mendel::testing {
namespace {

using ga_dispatcher::Search;
using ga_dispatcher::Wanted;

std::shared_ptr<const strategy::Experiment> experiment(const std::string& search) {
  auto read = strategy::read_experiment(experiment_text(search), "test");
  check(static_cast<bool>(read), read ? "" : read.error().message);
  return std::make_shared<const strategy::Experiment>(std::move(*read));
}

void answer(Search& search, const std::vector<Wanted>& wanted) {
  for (const Wanted& one : wanted) {
    wire::Score score = score_of(one.genome);
    score.key = one.key;
    EXPECT_TRUE(search.accept(score, one.place));
  }
}

// Of the open generation, those that stand on the first island: its slots come first.
std::vector<Wanted> of_first_island(const Search& search) {
  std::vector<Wanted> wanted = search.wanted();
  wanted.resize(20);
  return wanted;
}

class Ahead : public ::testing::Test {
 protected:
  // To the next generation, all at once.
  static void advance(Search& search) {
    ASSERT_TRUE(search.open_next());
    answer(search, search.wanted());
    search.close();
  }

  std::shared_ptr<const strategy::Experiment> experiment_ = experiment("generations = 8");
};

TEST_F(Ahead, AnIslandThatIsThroughIsBredWhileTheOtherWaits) {
  Search search(experiment_, {});
  ASSERT_TRUE(search.open_next());
  EXPECT_THAT(search.breed_ahead(), ::testing::IsEmpty());
  answer(search, of_first_island(search));
  const std::uint64_t evaluations = search.evaluations();
  const std::vector<Wanted> ahead = search.breed_ahead();
  EXPECT_THAT(ahead, ::testing::Not(::testing::IsEmpty()));
  EXPECT_THAT(search.breed_ahead(), ::testing::IsEmpty());  // once
  answer(search, ahead);
  EXPECT_EQ(search.evaluations(), evaluations);  // of the open generation
  EXPECT_FALSE(search.is_complete());
}

TEST_F(Ahead, GenomesThatBeginAlikeAreAskedForSideBySideIslandByIsland) {
  Search search(experiment_, {});
  ASSERT_TRUE(search.open_next());
  std::vector<strategy::Genome> genomes;
  for (const Wanted& one : search.wanted()) genomes.push_back(one.genome);
  ASSERT_EQ(genomes.size(), 40u);
  EXPECT_TRUE(std::is_sorted(genomes.begin(), genomes.begin() + 20));
  EXPECT_TRUE(std::is_sorted(genomes.begin() + 20, genomes.end()));
}

TEST_F(Ahead, ChangesNoBitOfAnyGeneration) {
  Search plain(experiment_, {});
  Search hurried(experiment_, {});
  std::size_t bred_ahead = 0;
  for (int generation = 0; generation < 8; ++generation) {
    advance(plain);
    ASSERT_TRUE(hurried.open_next());
    std::vector<Wanted> wanted = hurried.wanted();
    // The first island's first; what was scored ahead is not among them.
    while (!wanted.empty()) {
      answer(hurried, {wanted.front()});
      wanted.erase(wanted.begin());
      const auto ahead = hurried.breed_ahead();
      bred_ahead += ahead.size();
      if (generation % 2 == 0) answer(hurried, ahead);
    }
    hurried.close();
    EXPECT_EQ(hurried.digest(), plain.digest()) << generation;
    EXPECT_EQ(hurried.evaluations(), plain.evaluations()) << generation;
    const auto a = plain.state();
    const auto b = hurried.state();
    ASSERT_EQ(a.scored.size(), b.scored.size());
    for (std::size_t i = 0; i < a.scored.size(); ++i)
      EXPECT_EQ(a.scored[i].genome, b.scored[i].genome);
  }
  EXPECT_GT(bred_ahead, 50u);
}

TEST_F(Ahead, StopsAtAMigrationAndAtTheEnd) {
  for (const int before : {2, 7}) {  // migration_every = 3; generations = 8
    Search search(experiment_, {});
    for (int generation = 0; generation < before; ++generation) advance(search);
    ASSERT_TRUE(search.open_next());
    std::vector<Wanted> wanted = search.wanted();
    wanted.pop_back();  // on the second island
    answer(search, wanted);
    EXPECT_THAT(search.breed_ahead(), ::testing::IsEmpty()) << before;
  }
}

TEST_F(Ahead, WhatASearchThatStopsLeavesBehindCountsForNothing) {
  const auto stopping = experiment("generations = 8\nevaluations_max = 30");
  Search search(stopping, {});
  ASSERT_TRUE(search.open_next());
  const std::vector<Wanted> wanted = search.wanted();
  answer(search, of_first_island(search));
  answer(search, search.breed_ahead());
  answer(search, search.wanted());
  search.close();
  EXPECT_EQ(search.stopped_by(), "evaluations_max");
  EXPECT_EQ(search.evaluations(), wanted.size());
  EXPECT_EQ(search.scored().size(), wanted.size());
  Search plain(stopping, {});
  advance(plain);
  const auto best = search.finalists(10);
  const auto expected = plain.finalists(10);
  ASSERT_EQ(best.size(), expected.size());
  for (std::size_t i = 0; i < best.size(); ++i) EXPECT_EQ(best[i].genome, expected[i].genome);
}

}  // namespace
}  // namespace mendel::testing
