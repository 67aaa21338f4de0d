// `mendel log`, beside a running pipeline and after it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;

const std::string kExperiment = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml";

TEST(LogCommand, ReadsTheLogsOfARunningPipelineAndReplaysThemWhenItHasStopped) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(std::string(MENDEL_SOURCE_DIR) + "/topology/demo/sp500_1d.csv", "SP500",
                  "vega-datasets");
  const std::string run = text_at(pipeline.evolve(kExperiment, kSmallDemo), "run");
  const auto agrees = [&] { return pipeline.mendel({"verify", run}).code == 0; };
  ASSERT_TRUE(eventually(agrees)) << pipeline.mendel({"verify", run}).out;

  EXPECT_THAT(pipeline.mendel({"log", "inspect"}).out, HasSubstr("000000000001-000001.log"));
  EXPECT_EQ(pipeline.mendel({"log", "verify"}).code, 0);
  const Said bars = pipeline.mendel({"log", "export", "--log", "bars", "--format", "csv"});
  EXPECT_EQ(bars.code, 0) << bars.err;
  EXPECT_EQ(std::to_string(std::count(bars.out.begin(), bars.out.end(), '\n') - 1),
            pipeline.sql("SELECT count(*) FROM mendel.market_data"));
  const Said of_run = pipeline.mendel({"log", "export", "--log", "scores", "--run", run});
  EXPECT_EQ(of_run.code, 0) << of_run.err;
  EXPECT_THAT(of_run.out, HasSubstr("\"message\":\"verdict\""));
  const Said early = pipeline.mendel({"log", "replay"});
  EXPECT_EQ(early.code, 1);
  EXPECT_THAT(early.err, HasSubstr("stop the pipeline first"));
  const Said plan = pipeline.mendel({"log", "prune"});
  EXPECT_EQ(plan.code, 0) << plan.err;
  EXPECT_THAT(plan.out, HasSubstr("kept: the newest"));

  EXPECT_EQ(pipeline.stop(), 0);
  pipeline.sql("DELETE FROM mendel.candidates");
  pipeline.sql("DELETE FROM mendel.strategy_metrics WHERE generation > 0");
  EXPECT_EQ(pipeline.mendel({"verify", run}).code, 1);
  const Said replayed = pipeline.mendel({"log", "replay"});
  EXPECT_EQ(replayed.code, 0) << replayed.err;
  EXPECT_EQ(pipeline.mendel({"verify", run}).code, 0) << pipeline.mendel({"verify", run}).out;
}

}  // namespace
}  // namespace mendel::testing
