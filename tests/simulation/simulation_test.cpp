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

TEST(Simulation, ASeedReplaysExactly) {
  for (const std::uint64_t seed : {3, 8, 21}) {
    const auto lines = trace_of(seed);
    EXPECT_GT(lines.size(), 100u);
    EXPECT_EQ(lines, trace_of(seed)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace mendel::simulation
