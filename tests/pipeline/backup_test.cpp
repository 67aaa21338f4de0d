// A disaster-recovery drill: what is lost comes back from backup, log and store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

const std::string kFolder = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/";

// Everything that a person reads, as one text.
std::string contents(const Pipeline& pipeline) {
  return pipeline.sql("SELECT count(*), sum(close), sum(volume) FROM mendel.market_data") + "\n" +
         pipeline.sql(
             "SELECT md5(string_agg(m::text, ',' ORDER BY strategy_id, window_name, symbol)) "
             "FROM mendel.strategy_metrics m") +
         "\n" +
         pipeline.sql(
             "SELECT md5(string_agg(l::text, ',' ORDER BY run, rank)) FROM mendel.leaderboard l") +
         "\n" + pipeline.sql("SELECT count(*), min(digest) FROM mendel.generation_records");
}

TEST(Backup, ALostDatabaseComesBackFromItAndTheLog) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(kFolder + "sp500_1d.csv", "SP500", "vega-datasets");
  const std::string first =
      text_at(pipeline.evolve(kFolder + "experiment.toml", kSmallDemo), "run");
  const std::string backups = pipeline.state() + "/backups";
  const Said backup = pipeline.mendel({"backup", "--to", backups});  // of a running pipeline
  ASSERT_EQ(backup.code, 0) << backup.err;
  // Recorded after the backup: only the log has it.
  const std::string second =
      text_at(pipeline.evolve(kFolder + "experiment.toml",
                              {"--population", "48", "--generations", "4", "--seed", "7"}),
              "run");
  const std::string before = contents(pipeline);
  ASSERT_EQ(pipeline.stop(), 0);

  const std::string folder = backup.out.substr(0, backup.out.find(':'));
  fs::remove_all(pipeline.state() + "/pg");
  const Said shown = pipeline.mendel({"restore", folder});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("nothing was restored"));
  const Said restored = pipeline.mendel({"restore", folder, "--yes"});
  ASSERT_EQ(restored.code, 0) << restored.err;
  const Said again = pipeline.mendel({"restore", folder, "--yes"});
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("has rows already"));

  Background up({"up", "--state", pipeline.state(), "--evaluators", "1"});
  // Not before it holds the state directory: `mendel sql` would take it.
  ASSERT_TRUE(eventually([&] {
    const auto writers = pipeline.stages("results_writer");
    return !writers.empty() && writers.front().ready &&
           pipeline.sample("results_writer", "undrained_bytes") == 0;
  }));
  EXPECT_EQ(contents(pipeline), before);
  for (const std::string& run : {first, second}) {
    const Said verified = pipeline.mendel({"verify", run});
    EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  }
}

TEST(Backup, RefusesWhatIsDamagedOrNoBackup) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  const Said backup = pipeline.mendel({"backup"});
  ASSERT_EQ(backup.code, 0) << backup.err;
  const std::string folder = backup.out.substr(0, backup.out.find(':'));
  EXPECT_TRUE(eventually([&] { return fs::exists(pipeline.state() + "/store/backups/latest"); }));
  const Said connected = pipeline.mendel({"restore", folder, "--yes"});
  EXPECT_EQ(connected.code, 2);
  EXPECT_THAT(connected.err, HasSubstr("stop the pipeline first"));

  std::ofstream(folder + "/market_data.copy.gz", std::ios::app) << "x";
  const Said damaged = pipeline.mendel({"restore", folder, "--yes"});
  EXPECT_EQ(damaged.code, 4);
  EXPECT_THAT(damaged.err, AllOf(HasSubstr("market_data.copy.gz"), HasSubstr("checksum")));
  const Said none = pipeline.mendel({"restore", pipeline.state()});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("name a folder that `mendel backup` made"));
}

}  // namespace
}  // namespace mendel::testing
