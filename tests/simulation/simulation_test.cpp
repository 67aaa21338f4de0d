// Whatever happens to the pipeline, a search ends, with the same bits.
#include "topology/simulation/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>

#include "shared/config/value.hpp"
#include "topology/simulation/engine.hpp"
#include "topology/simulation/oracle.hpp"
#include "topology/simulation/pipeline.hpp"
#include "topology/simulation/scenario.hpp"

namespace mendel::simulation {
namespace {

constexpr std::uint64_t kSeeds = 1000;
constexpr std::uint64_t kEachFaultAtLeast = 20;

// Everything that one history was.
std::vector<std::string> trace_of(std::uint64_t seed) {
  std::vector<std::string> lines;
  Simulation simulation;
  simulation.run(seed, [&](const std::string& line) { lines.push_back(line); });
  return lines;
}

TEST(Simulation, AThousandHistoriesEndInTheBitsOfAQuietOne) {
  Simulation simulation;
  Survey survey;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) survey.add(simulation.run(seed));
  EXPECT_EQ(survey.failed, 0u) << survey_text(survey);
  EXPECT_EQ(survey.digests_that_differ, 0u);
  EXPECT_EQ(survey.bars_lost + survey.bars_doubled, 0u);
  EXPECT_EQ(survey.scores_lost + survey.scores_doubled, 0u);
  EXPECT_GT(survey.bars_accepted, kSeeds * 1000);
  EXPECT_GE(survey.scores_accepted, kSeeds * 30);
  EXPECT_GT(survey.rows_held_back, kSeeds) << "no run asked for what is kept alone";
  EXPECT_GT(survey.takeovers, kEachFaultAtLeast) << "no second process ever had the role";
  for (std::size_t i = 0; i < kFaultCount; ++i)
    EXPECT_GE(survey.faults[i], kEachFaultAtLeast) << kFaultNames[i];
  EXPECT_GT(survey.computed, survey.evaluations) << "nothing had to be done again";
}

TEST(Simulation, AnyNumberOfEvaluatorsFindsTheSame) {
  for (const int evaluators : {1, 2, 4, 64}) {
    Simulation simulation([&](Scenario& scenario) { scenario.evaluators = evaluators; });
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const Outcome outcome = simulation.run(seed);
      EXPECT_THAT(outcome.failures, ::testing::IsEmpty())
          << evaluators << " evaluators, seed " << seed;
    }
  }
}

// The histories above end in the same report, so in the same probability: here it is seen to be
// one.
TEST(Simulation, AVerdictHasItsProbabilityOfOverfitting) {
  Engines engines;
  for (std::size_t experiment = 0; experiment < experiment_count(); ++experiment) {
    const Scenario scenario = undisturbed(experiment);
    Pipeline pipeline(scenario, engines, {});
    EXPECT_THAT(pipeline.run(), ::testing::IsEmpty());
    const auto report =
        config::parse_json(legacy_of(pipeline.disk(), scenario.run).report, "report");
    ASSERT_TRUE(report);
    const config::Value* pbo = report->find_path("verdict.numbers.pbo");
    ASSERT_NE(pbo, nullptr) << experiment;
    ASSERT_TRUE(pbo->is_number()) << config::to_json(*report->find("verdict"));
    EXPECT_GE(pbo->as_number(), 0);
    EXPECT_LE(pbo->as_number(), 1);
  }
}

// The search does not wait for the database, and nothing that it made is lost, although the
// processes that hold it are killed while it is away.
TEST(Simulation, AnHourWithoutADatabaseStopsNothingAndLosesNothing) {
  constexpr std::int64_t kBegin = 2 * kNsPerSecond;
  constexpr std::int64_t kEnd = kBegin + 3600 * kNsPerSecond;
  Simulation simulation([&](Scenario& scenario) {
    scenario = undisturbed(scenario.experiment);
    scenario.evaluators = 2;
    scenario.candidate_ms = 20'000;
    scenario.lease_ns = 1000 * kNsPerSecond;
    scenario.outage = {kBegin, kEnd};
    for (const std::int64_t seconds : {20, 300, 1800}) {
      scenario.planned.emplace_back(seconds * kNsPerSecond, Fault::writer_killed);
      scenario.planned.emplace_back(seconds * kNsPerSecond, Fault::loader_killed);
    }
    scenario.heals_at_ns = kEnd;
  });
  const Outcome outcome = simulation.run(1);
  EXPECT_THAT(outcome.failures, ::testing::IsEmpty());
  EXPECT_FALSE(outcome.digest_differs);
  EXPECT_GT(outcome.ended_after_ns, 300 * kNsPerSecond) << "nobody was killed during the search";
  EXPECT_LT(outcome.ended_after_ns, 1800 * kNsPerSecond) << "the search waited for the database";
  EXPECT_GT(outcome.virtual_ns, kEnd);
  EXPECT_EQ(outcome.faults[index_of(Fault::writer_killed)], 3u);
  EXPECT_EQ(outcome.faults[index_of(Fault::loader_killed)], 3u);
  EXPECT_GT(outcome.conserved.bars_accepted, 0u);
  EXPECT_EQ(outcome.conserved.bars_lost + outcome.conserved.scores_lost, 0u);
}

// Nothing is handed out behind a checkpoint that cannot be saved; when there is room, the search
// goes on to the same bits.
TEST(Simulation, ACheckpointThatCannotBeSavedHoldsTheSearchUpAndNoMore) {
  Simulation simulation([&](Scenario& scenario) {
    scenario = undisturbed(scenario.experiment);
    scenario.candidate_ms = 200;
    for (int second = 1; second < 30; ++second)
      scenario.planned.emplace_back(second * kNsPerSecond, Fault::inodes_used_up);
    scenario.heals_at_ns = 30 * kNsPerSecond;
  });
  const Outcome outcome = simulation.run(2);
  EXPECT_THAT(outcome.failures, ::testing::IsEmpty());
  EXPECT_FALSE(outcome.digest_differs);
  EXPECT_GT(outcome.faults[index_of(Fault::inodes_used_up)], 3u);
  EXPECT_GT(outcome.faults[index_of(Fault::file_refused)], 0u);
  EXPECT_GT(outcome.ended_after_ns, 15 * kNsPerSecond);
}

TEST(Simulation, ASeedReplaysExactly) {
  for (const std::uint64_t seed : {3, 8, 21}) {
    const auto lines = trace_of(seed);
    EXPECT_GT(lines.size(), 100u);
    EXPECT_EQ(lines, trace_of(seed)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace mendel::simulation
