// Several runs share the evaluators: a big one delays a small one and does not stop it.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace mendel::testing
