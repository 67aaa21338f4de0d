// Whatever is lost or dies, the run ends with the same bits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ga_dispatcher/fixture.hpp"

namespace mendel::testing {
namespace {

using ::testing::IsEmpty;

Reference result(FakeWorld& world) {
  const Reference reached = reference_of(world.finish(kRun));
  EXPECT_THAT(world.faults, IsEmpty());
  return reached;
}

class Evaluators : public ::testing::TestWithParam<int> {};

TEST_P(Evaluators, GiveTheSameBitsInAnyNumber) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    FakeWorldSettings settings;
    settings.evaluators = GetParam();
    settings.seed = seed;
    FakeWorld world(settings, score_of);
    world.ask("submit", kRun, experiment_text());
    EXPECT_TRUE(result(world) == reference()) << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(OneThreeSeven, Evaluators, ::testing::Values(1, 3, 7));

class Losses : public ::testing::TestWithParam<int> {};

TEST_P(Losses, CostADispatchAndNeverAResult) {
  FakeWorldSettings settings;
  settings.seed = static_cast<std::uint64_t>(GetParam());
  settings.evaluators = 3;
  settings.lose_batches = 0.1;
  settings.lose_scores = 0.1;
  settings.lose_notices = 0.1;
  FakeWorld world(settings, score_of);
  world.ask("submit", kRun, experiment_text());
  EXPECT_TRUE(result(world) == reference());
  EXPECT_GT(world.sample("redispatched_total"), 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Losses, ::testing::Range(1, 9));

TEST(Recovery, AKilledEvaluatorsWorkGoesToTheOthersAtOnce) {
  FakeWorldSettings settings;
  settings.evaluators = 3;
  settings.lease_ms = 1'000'000;
  FakeWorld world(settings, score_of);
  world.ask("submit", kRun, experiment_text());
  std::optional<std::string> busy;
  ASSERT_TRUE(world.run_until([&] {
    busy = world.busy_evaluator();
    return world.progress(kRun).generation >= 3 && busy.has_value();
  }));
  world.kill_evaluator(*busy);
  const double before = world.sample("redispatched_total");
  EXPECT_TRUE(world.run_until([&] { return world.sample("redispatched_total") > before; }, 0.1));
  EXPECT_TRUE(result(world) == reference());
  EXPECT_GT(world.progress(kRun).redispatched, 0u);
}

TEST(Recovery, TheLastEvaluatorMayDieAndAnotherCome) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.progress(kRun).generation >= 3; }));
  ASSERT_TRUE(world.run_until([&] { return world.busy_evaluator().has_value(); }));
  world.kill_evaluator("e1");
  ASSERT_TRUE(world.run_until(
      [&] { return world.progress(kRun).detail == "waiting for an evaluator"; }, 10));
  world.add_evaluator();
  EXPECT_TRUE(result(world) == reference());
}

TEST(Recovery, ASilentEvaluatorIsGoneAfterTwoSeconds) {
  FakeWorldSettings settings;
  settings.evaluators = 2;
  settings.lease_ms = 1'000'000;
  FakeWorld world(settings, score_of);
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.busy_evaluator().has_value(); }));
  world.mute_evaluator(*world.busy_evaluator());
  EXPECT_TRUE(world.run_until([&] { return world.sample("evaluators") == 1; }, 2.5));
  EXPECT_TRUE(result(world) == reference());
}

TEST(Recovery, AStalledEvaluatorLosesItsLease) {
  FakeWorldSettings settings;
  settings.evaluators = 2;
  FakeWorld world(settings, score_of);
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.busy_evaluator().has_value(); }));
  world.stall_evaluator(*world.busy_evaluator());
  EXPECT_TRUE(result(world) == reference());
  EXPECT_GT(world.sample("redispatched_total") + world.sample("copied_total"), 0);
}

// What a verdict needs takes many times as long as what the search did, and nobody is to blame.
TEST(Recovery, HealthyEvaluatorsKeepWhatTheySlowlyComputeInDetail) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    FakeWorldSettings settings;
    settings.seed = seed;
    settings.evaluators = 3;
    settings.candidate_ms = 0.05;
    settings.detailed_ms = 400;
    FakeWorld world(settings, score_of);
    world.ask("submit", kRun, experiment_text());
    EXPECT_TRUE(result(world) == reference());
    EXPECT_EQ(world.sample("redispatched_total"), 0);
    // What waits behind such a one is quickly done by who is idle.
    EXPECT_LT(world.evaluated, world.recorded.size() * 11 / 10);
  }
}

TEST(Recovery, ASecondCopyForTheIdleIsNoFailure) {
  FakeWorldSettings settings;
  settings.evaluators = 2;
  settings.lease_ms = 1'000'000;
  FakeWorld world(settings, score_of);
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.busy_evaluator().has_value(); }));
  world.stall_evaluator(*world.busy_evaluator());
  ASSERT_TRUE(world.run_until([&] { return world.sample("copied_total") > 0; }));
  EXPECT_EQ(world.sample("redispatched_total"), 0);
  EXPECT_EQ(world.progress(kRun).redispatched, 0u);
}

TEST(Recovery, AnIncompatibleEvaluatorGetsNoWork) {
  FakeWorldSettings settings;
  settings.evaluators = 0;
  FakeWorld world(settings, score_of);
  world.add_evaluator("wrong");
  world.ask("submit", kRun, experiment_text());
  EXPECT_FALSE(world.run_until([&] { return world.evaluated > 0; }, 5));
  EXPECT_EQ(world.sample("incompatible_evaluators"), 1);
  EXPECT_EQ(world.sample("evaluators"), 0);
  EXPECT_THAT(world.progress(kRun).detail, ::testing::HasSubstr("another version"));
  world.add_evaluator();
  EXPECT_TRUE(result(world) == reference());
}

TEST(Recovery, ARestartedWriterIsAskedForWhatItHas) {
  FakeWorldSettings settings;
  settings.evaluators = 2;
  FakeWorld world(settings, score_of);
  world.ask("submit", kRun, experiment_text());
  for (int generation = 1; generation < 7; ++generation) {
    ASSERT_TRUE(world.run_until([&] { return world.progress(kRun).generation >= generation; }));
    world.stop_writer();
    world.run_until([] { return false; }, 0.7);
    world.restart_writer();
  }
  EXPECT_TRUE(result(world) == reference());
}

TEST(Recovery, ARunIsFinishedOnlyWhenItsReportIsRecorded) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.runs[kRun].count("report.json") > 0; }));
  world.stop_writer();
  world.run_until([] { return false; }, 3);
  EXPECT_EQ(world.progress(kRun).state, "reporting");
  world.restart_writer();
  EXPECT_TRUE(result(world) == reference());
}

TEST(Recovery, ADispatcherGoesOnFromEveryCheckpoint) {
  FakeWorldSettings settings;
  settings.candidate_ms = 10;  // several checkpoints in a short run
  FakeWorld first(settings, score_of);
  first.ask("submit", kRun, experiment_text());
  EXPECT_TRUE(result(first) == reference());
  const auto checkpoints = first.checkpoints[kRun];
  ASSERT_GE(checkpoints.size(), 6u);
  for (const auto& checkpoint : checkpoints) {
    FakeWorld world(settings, score_of);
    world.kill_dispatcher();
    world.runs[kRun] = first.runs[kRun];
    world.runs[kRun]["checkpoint"] = checkpoint;
    world.recorded = first.recorded;
    world.start_dispatcher();
    EXPECT_TRUE(world.run_until([&] { return world.sample("runs_active") == 0; }));
    const auto report = config::parse_json(world.ask("show", kRun).body, "show");
    ASSERT_TRUE(report);
    EXPECT_TRUE(reference_of(*report) == reference());
    EXPECT_THAT(world.faults, IsEmpty());
  }
}

TEST(Recovery, ADispatcherMayBeKilledAtAnyMoment) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    FakeWorldSettings settings;
    settings.seed = seed;
    settings.evaluators = 3;
    settings.candidate_ms = 5;
    settings.lose_notices = 0.05;
    FakeWorld world(settings, score_of);
    ASSERT_EQ(world.ask("submit", kRun, experiment_text()).error, "");
    Draws draws(seed, 0, 0, 0, Purpose::sample);
    for (int kill = 0; kill < 12; ++kill) {
      world.kill_dispatcher();
      world.run_until([] { return false; }, 0.2 * draws.unit());
      world.start_dispatcher();
      world.run_until([] { return false; }, 0.6 * draws.unit());
    }
    EXPECT_TRUE(result(world) == reference()) << seed;
  }
}

TEST(Recovery, AGenerationBredAgainIsBornAtTheSameTime) {
  FakeWorldSettings settings;
  settings.candidate_ms = 10;
  FakeWorld world(settings, score_of);
  world.ask("submit", kRun, experiment_text());
  ASSERT_TRUE(world.run_until([&] { return world.progress(kRun).generation >= 4; }));
  const std::string checkpoint = world.runs[kRun]["checkpoint"];
  const auto born = [&] {
    std::map<std::pair<Digest, std::int64_t>, std::int64_t> all;
    for (const auto& [key, score] : world.recorded) all[{key, score.generation}] = score.born_at_ns;
    return all;
  };
  world.run_until([] { return false; }, 0.15);
  const auto before = born();
  world.kill_dispatcher();
  world.runs[kRun]["checkpoint"] = checkpoint;
  world.recorded.clear();  // so that all of it is computed and stamped again
  world.start_dispatcher();
  EXPECT_TRUE(result(world) == reference());
  std::size_t again = 0;
  for (const auto& [key, at_ns] : born()) {
    if (before.count(key) == 0) continue;
    ++again;
    EXPECT_EQ(at_ns, before.at(key));
  }
  EXPECT_GT(again, 0u);
}

TEST(Recovery, ASubmissionIsDurableBeforeItIsAnswered) {
  FakeWorld world({}, score_of);
  ASSERT_EQ(world.ask("submit", kRun, experiment_text()).error, "");
  ASSERT_EQ(world.runs[kRun].count("checkpoint"), 1u);
  // Back to the very first checkpoint, as if killed right after the answer.
  world.kill_dispatcher();
  world.runs[kRun]["checkpoint"] = world.checkpoints[kRun].front();
  world.start_dispatcher();
  EXPECT_TRUE(result(world) == reference());
}

}  // namespace
}  // namespace mendel::testing
