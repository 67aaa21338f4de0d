// A run that goes on by itself is seen and ended, whether its pipeline runs or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kExperiment = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml";

// Submits a search that no test waits for; returns its id.
std::string start_long_run(const Pipeline& pipeline, const std::string& name) {
  const Said said = pipeline.mendel(
      {"evolve", kExperiment, "--no-follow", "--name", name, "--generations", "20000"});
  EXPECT_EQ(said.code, 0) << said.err;
  const std::string run = said.out.substr(0, said.out.find('\n'));
  EXPECT_THAT(said.err, AllOf(HasSubstr("mendel show " + run), HasSubstr("mendel cancel " + run)));
  return run;
}

config::Value shown(const Pipeline& pipeline, const std::string& run) {
  const Said said = pipeline.mendel({"show", run, "--json"});
  const Result<config::Value> document = config::parse_json(said.out, "show --json");
  return document ? *document : config::Value();
}

TEST(Runs, AreSeenAndCancelledWhileThePipelineRunsAndAfterIt) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  EXPECT_THAT(pipeline.mendel({"runs"}).out, StartsWith("there are no runs in "));
  pipeline.ingest(std::string(MENDEL_SOURCE_DIR) + "/topology/demo/sp500_1d.csv", "SP500",
                  "vega-datasets");
  const config::Value finished = pipeline.evolve(kExperiment, kSmallDemo);

  const std::string first = start_long_run(pipeline, "first");
  EXPECT_TRUE(eventually([&] { return number_at(shown(pipeline, "first"), "evaluations") > 0; }));
  const Said table = pipeline.mendel({"runs"});
  EXPECT_LT(table.out.find(first), table.out.find(text_at(finished, "run"))) << table.out;
  EXPECT_THAT(pipeline.mendel({"cancel", "first"}).out, HasSubstr(first + " (first) is cancelled"));
  const Said again = pipeline.mendel({"cancel", first});
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.out, HasSubstr("has ended already: cancelled"));
  const Said final = pipeline.mendel({"resume", first});
  EXPECT_EQ(final.code, 2);
  EXPECT_THAT(final.err, HasSubstr("is cancelled (on request), which is final"));

  // The same leaderboard as `evolve` made.
  const config::Value document = shown(pipeline, "sp500_trend");
  EXPECT_EQ(text_at(document, "digest"), kSmallDemoDigest);
  EXPECT_EQ(config::to_json(*document.find("leaderboard")),
            config::to_json(*finished.find("leaderboard")));
  const Said unknown = pipeline.mendel({"show", "nobody"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("`mendel runs`"));

  const std::string second = start_long_run(pipeline, "second");
  EXPECT_EQ(pipeline.stop(), 0);
  EXPECT_THAT(pipeline.mendel({"runs"}).err, HasSubstr("no pipeline is running"));
  EXPECT_THAT(pipeline.mendel({"cancel", "second"}).out,
              HasSubstr(second + " (second) is cancelled"));
  EXPECT_EQ(text_at(shown(pipeline, second), "state"), "cancelled");

  Background up(pipeline.with_state({"up", "--evaluators", "1"}));
  // Not asked before it is there: `mendel sql` would take the state directory for itself.
  ASSERT_TRUE(eventually([&] { return pipeline.stages("").size() == 6 || !up.running(); }));
  ASSERT_TRUE(up.running());
  const std::string query = "SELECT state FROM mendel.runs WHERE run = '" + second + "'";
  EXPECT_TRUE(eventually([&] { return pipeline.sql(query) == "cancelled"; }));
}

}  // namespace
}  // namespace mendel::testing
