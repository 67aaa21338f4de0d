// What ends a search, searches that do not breed, and scores that earlier runs recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/ga_dispatcher/fixture.hpp"

namespace mendel::testing {
namespace {

config::Value report_of(const std::string& search, FakeWorldSettings settings = {}) {
  FakeWorld world(settings, score_of);
  const wire::Reply reply = world.ask("submit", kRun, experiment_text(search));
  EXPECT_EQ(reply.error, "");
  return world.finish(kRun);
}

std::int64_t count_at(const config::Value& report, const char* path) {
  const auto* found = report.find_path(path);
  return found == nullptr ? -1 : found->as_integer();
}

TEST(Stops, AreTheGenerationsUnlessOneIsSet) {
  EXPECT_EQ(text_at(report_of("generations = 3"), "stopped_by"), "\"generations\"");
}

TEST(Stops, ATargetEndsTheSearchWhereItIsReached) {
  const config::Value report = report_of("generations = 50\ntarget = 2.9");
  EXPECT_EQ(text_at(report, "stopped_by"), "\"target\"");
  const auto& history = report.find("history")->items();
  EXPECT_LT(history.size(), 50u);
  EXPECT_GE(history.back().find("best")->as_number(), 2.9);
  EXPECT_LT(history[history.size() - 2].find("best")->as_number(), 2.9);
}

TEST(Stops, EvaluationsEndItAfterTheGenerationThatReachesThem) {
  const config::Value report = report_of("generations = 50\nevaluations_max = 100");
  EXPECT_EQ(text_at(report, "stopped_by"), "\"evaluations_max\"");
  EXPECT_GE(count_at(report, "evaluations"), 100);
  EXPECT_LT(count_at(report, "evaluations"), 140);
}

TEST(Stops, StagnationIsGenerationsWithoutABetterBest) {
  const config::Value report = report_of("generations = 200\nstagnation = 4");
  EXPECT_EQ(text_at(report, "stopped_by"), "\"stagnation\"");
  const auto& history = report.find("history")->items();
  ASSERT_GT(history.size(), 5u);
  const auto best = [&](std::size_t from_end) {
    return history[history.size() - from_end].find("best")->as_number();
  };
  EXPECT_EQ(best(1), best(5));
  EXPECT_LT(best(6), best(5));
}

TEST(Stops, WallTimeChangesHowManyGenerationsThereAreAndNothingInThem) {
  FakeWorldSettings slow;
  slow.candidate_ms = 50;
  const config::Value report = report_of("generations = 500\nwall_time = \"2s\"", slow);
  EXPECT_EQ(text_at(report, "stopped_by"), "\"wall_time\"");
  EXPECT_LT(count_at(report, "generations"), 500);
  const config::Value all =
      report_of("generations = 500\nwall_time = \"2s\"\nevaluations_max = 1000");
  const auto& some = report.find("history")->items();
  for (std::size_t i = 0; i < some.size(); ++i)
    EXPECT_EQ(text_at(some[i], "best"), text_at(all.find("history")->items()[i], "best"));
}

TEST(Stops, SurviveTheDispatcher) {
  const std::string search = "generations = 200\nstagnation = 4";
  const config::Value expected = report_of(search);
  FakeWorldSettings settings;
  settings.candidate_ms = 5;
  FakeWorld world(settings, score_of);
  ASSERT_EQ(world.ask("submit", kRun, experiment_text(search)).error, "");
  for (int kill = 0; kill < 12; ++kill) {
    world.run_until([] { return false; }, 0.3);
    world.kill_dispatcher();
    world.start_dispatcher();
  }
  const config::Value report = world.finish(kRun);
  EXPECT_EQ(text_at(report, "digest"), text_at(expected, "digest"));
  EXPECT_EQ(text_at(report, "stopped_by"), "\"stagnation\"");
}

TEST(Methods, RandomAndGridEndWithAReportAsAnySearch) {
  EXPECT_EQ(count_at(report_of("generations = 4\nmethod = \"random\""), "generations"), 4);
  FakeWorld world({}, score_of);
  std::string grid = experiment_text("method = \"grid\"");
  grid.replace(grid.find("real = [50, 90]"), 15, "real = [70, 72], step = 1");
  grid.replace(grid.find("fast = { int = [5, 50] }"), 24, "fast = { int = [10, 14] }");
  grid.replace(grid.find("slow = { int = [5, 50] }"), 24, "slow = { int = [12, 34] }");
  ASSERT_EQ(world.ask("submit", kRun, grid).error, "");
  const config::Value report = world.finish(kRun);
  EXPECT_EQ(text_at(report, "stopped_by"), "\"grid\"");
  // 5 x 3 x 23 genomes, less those in which fast is not below slow: 3 x (1 + 2 + 3).
  EXPECT_EQ(count_at(report, "evaluations"), 345 - 18);
  EXPECT_EQ(text_at(report, "best.genes"), R"({"fast":12,"level":71.0,"slow":33})");
}

TEST(Cache, AnIdenticalSecondRunIsAnsweredFromTheLog) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  const config::Value first = world.finish(kRun);
  EXPECT_EQ(text_at(first, "cache_hits"), "0.0");
  EXPECT_EQ(world.sample("cache_hits_total"), 0);
  const auto evaluated = world.evaluated;
  world.kill_dispatcher();
  world.start_dispatcher();
  world.ask("submit", kOtherRun, experiment_text());
  const config::Value second = world.finish(kOtherRun);
  EXPECT_EQ(world.evaluated, evaluated);
  EXPECT_EQ(text_at(second, "cache_hits"), "1.0");
  EXPECT_GE(world.sample("cache_hits_total"), count_at(second, "evaluations"));
  EXPECT_EQ(text_at(second, "evaluations"), text_at(first, "evaluations"));
  EXPECT_EQ(text_at(second, "digest"), text_at(first, "digest"));
}

TEST(Cache, AnotherSeedIsNotSlowedByQuestionsThatFindNothing) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  world.finish(kRun);
  world.ask("submit", kOtherRun, experiment_text("generations = 8\nseed = 7"));
  const config::Value second = world.finish(kOtherRun);
  EXPECT_LT(second.find("cache_hits")->as_number(), 0.1);
}

TEST(Cache, AGenerationWaitsForItsAnswerOnly) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text("generations = 40"));
  world.finish(kRun);
  world.ask("submit", kOtherRun, experiment_text("generations = 40"));
  constexpr double kSecondsAGeneration = 0.01;  // question and answer take some 4 ms
  EXPECT_TRUE(world.run_until([&] { return world.progress(kOtherRun).generation == 39; },
                              40 * kSecondsAGeneration));
}

// Each slot is a genome that the run sees for the first time, and evaluates, or a duplicate.
TEST(Cache, DuplicatesAreWhatTheRunHadBefore) {
  FakeWorld world({}, score_of);
  world.ask("submit", kRun, experiment_text());
  const config::Value report = world.finish(kRun);
  const double candidates = report.find("candidates")->as_number();
  EXPECT_EQ(candidates, 2 * 20 * static_cast<double>(count_at(report, "generations")));
  const double duplicates = report.find("duplicates")->as_number() * candidates;
  EXPECT_NEAR(duplicates, candidates - static_cast<double>(count_at(report, "evaluations")), 1e-6);
  EXPECT_GT(duplicates, 0);
  EXPECT_NEAR(world.sample("duplicate_candidates_total"), duplicates, 1e-6);
}

}  // namespace
}  // namespace mendel::testing
