// `mendel log`, beside a running pipeline and after it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

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

TEST(LogCommand, ReplaysTheArchiveIntoAFreshDatabase) {
  const Environment at_once = {{"MENDEL_RESULTS_WRITER_ARCHIVE_AFTER_HOURS", "0"}};
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(std::string(MENDEL_SOURCE_DIR) + "/topology/demo/sp500_1d.csv", "SP500",
                  "vega-datasets");
  const std::string run =
      text_at(pipeline.evolve(kExperiment, {"--population", "120", "--generations", "3", "--set",
                                            "results.database=\"kept\""}),
              "run");
  ASSERT_EQ(pipeline.stop(), 0);
  // One life more, so that the first one's segment is over; the next one archives it at once.
  const std::string later = text_at(pipeline.evolve(kExperiment, kSmallDemo), "run");
  {
    Background up(pipeline.with_state({"up", "--evaluators", "1"}), at_once);
    const std::string archived = pipeline.state() + "/store/log/scores/000000000001-000001.log";
    ASSERT_TRUE(eventually([&] { return !std::filesystem::exists(archived); }));
  }
  EXPECT_THAT(pipeline.mendel({"log", "inspect"}).out, HasSubstr("archive "));
  EXPECT_THAT(pipeline.mendel({"log", "verify"}).out, HasSubstr("archive: "));
  const Said lines = pipeline.mendel({"log", "export", "--log", "archive", "--run", run});
  EXPECT_EQ(lines.code, 0) << lines.err;
  EXPECT_THAT(lines.out, HasSubstr("\"message\":\"verdict\""));

  std::filesystem::remove_all(pipeline.state() + "/pg");
  const Said replayed = pipeline.mendel({"log", "replay"});
  EXPECT_EQ(replayed.code, 0) << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("scores: everything in the log and the archive is in"));
  for (const std::string& one : {run, later}) {
    const Said verified = pipeline.mendel({"verify", one});
    EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  }
}

}  // namespace
}  // namespace mendel::testing
