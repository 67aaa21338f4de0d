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
    return !writers.empty() && writers.front().ready;
  }));
  EXPECT_TRUE(eventually([&] { return contents(pipeline) == before; })) << contents(pipeline);
  for (const std::string& run : {first, second}) {
    const Said verified = pipeline.mendel({"verify", run});
    EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  }
}

// `up` refuses a store that is not the database's; `adopt` shows both sides, and pairs them.
void pair_anew(Pipeline& pipeline) {
  pipeline.start();
  const Said refused = pipeline.ended();
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.out + refused.err,
              AllOf(HasSubstr("belongs to store"), HasSubstr("mendel adopt")));
  const Said shown = pipeline.mendel({"adopt"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, AllOf(HasSubstr("store     "), HasSubstr("database  "),
                               HasSubstr("the database belongs to another store"),
                               HasSubstr("nothing was changed")));
  const Said paired = pipeline.mendel({"adopt", "--yes"});
  EXPECT_EQ(paired.code, 0) << paired.err;
  EXPECT_THAT(paired.out, HasSubstr("they are paired"));
  pipeline.start();
}

// The same search finds the same, and log and database agree about it.
void search_again(Pipeline& pipeline) {
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(kFolder + "sp500_1d.csv", "SP500", "vega-datasets");
  const config::Value evolved = pipeline.evolve(kFolder + "experiment.toml", kSmallDemo);
  EXPECT_EQ(text_at(evolved, "digest"), kSmallDemoDigest);
  EXPECT_EQ(pipeline.stop(), 0);
  const Said verified = pipeline.mendel({"verify", text_at(evolved, "run")});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

TEST(Backup, ALostStoreIsReplacedAndSoAreBoth) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(kFolder + "sp500_1d.csv", "SP500", "vega-datasets");
  const std::string first =
      text_at(pipeline.evolve(kFolder + "experiment.toml", kSmallDemo), "run");
  const Said backup = pipeline.mendel({"backup", "--to", pipeline.state() + "/backups"});
  ASSERT_EQ(backup.code, 0) << backup.err;
  ASSERT_EQ(pipeline.stop(), 0);
  const std::string of_first =
      "SELECT md5(string_agg(l::text, ',' ORDER BY rank)) FROM mendel.leaderboard l WHERE run = '" +
      first + "'";
  const std::string before = pipeline.sql(of_first);

  fs::remove_all(pipeline.state() + "/store");
  pair_anew(pipeline);
  search_again(pipeline);
  EXPECT_EQ(pipeline.sql(of_first), before);
  EXPECT_THAT(pipeline.mendel({"verify", first}).out, HasSubstr("the log has no record of this"));

  fs::remove_all(pipeline.state() + "/store");
  fs::remove_all(pipeline.state() + "/pg");
  const std::string folder = backup.out.substr(0, backup.out.find(':'));
  const Said restored = pipeline.mendel({"restore", folder, "--yes"});
  ASSERT_EQ(restored.code, 0) << restored.err;
  pair_anew(pipeline);
  search_again(pipeline);
  EXPECT_EQ(pipeline.sql(of_first), before);
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
