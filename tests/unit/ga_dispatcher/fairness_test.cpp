// How much is handed out at once, and to whom. Several runs share the evaluators: a big one delays
// a small one and does not stop it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/unit/ga_dispatcher/fixture.hpp"

namespace mendel::testing {
namespace {

std::string with_population(std::string text, const std::string& population) {
  const std::string from = "population = 20\n";
  return text.replace(text.find(from), from.size(), "population = " + population + "\n");
}

TEST(Fairness, ASmallRunEndsWhileABigOneHoldsTheOnlyEvaluator) {
  FakeWorldSettings settings;
  settings.evaluators = 1;
  FakeWorld world(settings, score_of);
  ASSERT_EQ(
      world.ask("submit", kOtherRun, with_population(experiment_text("generations = 3"), "20000"))
          .error,
      "");
  // The big one has the evaluator, and far more to hand out than it takes.
  ASSERT_TRUE(world.run_until([&] { return world.evaluated > 500; }, 20));
  const std::uint64_t before = world.evaluated;
  ASSERT_EQ(world.ask("submit", kRun, experiment_text()).error, "");
  ASSERT_TRUE(world.run_until([&] { return world.progress(kRun).state == "finished"; }, 30));
  EXPECT_TRUE(world.progress(kOtherRun).digest.is_zero()) << "it is in its first generation";
  const auto of_the_small = world.progress(kRun).evaluations;
  EXPECT_GT(world.evaluated - before, of_the_small) << "the big one went on meanwhile";
  Reference reached = reference_of(world.finish(kRun));
  reached.verdict = reference().verdict;  // the tries of the big one count in it
  EXPECT_TRUE(reached == reference());
  EXPECT_TRUE(world.faults.empty());
}

std::vector<std::size_t> sizes(const std::vector<std::vector<strategy::Genome>>& batches) {
  std::vector<std::size_t> sizes;
  for (const auto& batch : batches) sizes.push_back(batch.size());
  return sizes;
}

FakeWorldSettings two_slow_evaluators() {
  FakeWorldSettings settings;
  settings.evaluators = 2;
  settings.candidate_ms = 2;  // 20 ms of work are ten
  return settings;
}

TEST(Batches, OfSlowCandidatesAreLargeWhileARunIsAloneAndShrinkTowardsTheEnd) {
  FakeWorld world(two_slow_evaluators(), score_of);
  const std::string text = with_population(experiment_text("generations = 1"), "2000");
  ASSERT_EQ(world.ask("submit", kRun, text).error, "");
  world.finish(kRun);
  const std::vector<std::size_t> all = sizes(world.batches[kRun]);
  EXPECT_GT(*std::max_element(all.begin(), all.end()), 200u);
  EXPECT_LE(*std::max_element(all.begin(), all.end()), 250u) << "half a second of work";
  const auto large = [](std::size_t size) { return size > 10; };
  EXPECT_GT(std::find_if(all.rbegin(), all.rend(), large) - all.rbegin(), 4)
      << "those who end last are not far apart";
}

TEST(Batches, AreShortWhileAnotherRunSearches) {
  FakeWorld world(two_slow_evaluators(), score_of);
  const std::string text = experiment_text("generations = 1");
  ASSERT_EQ(world.ask("submit", kOtherRun, with_population(text, "20000")).error, "");
  ASSERT_TRUE(world.run_until([&] { return world.evaluated > 500; }, 20));
  ASSERT_EQ(world.ask("submit", kRun, with_population(text, "100")).error, "");
  world.batches.clear();
  ASSERT_TRUE(world.run_until([&] { return world.batches[kRun].size() >= 10; }, 30));
  const std::vector<std::size_t> beside = sizes(world.batches[kOtherRun]);
  EXPECT_THAT(beside, ::testing::SizeIs(::testing::Ge(5u)));
  EXPECT_THAT(beside, ::testing::Each(::testing::Le(10u)));
}

}  // namespace
}  // namespace mendel::testing
