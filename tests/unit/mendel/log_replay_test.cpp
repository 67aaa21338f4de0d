#include "topology/mendel/log_replay.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "shared/base/time.hpp"
#include "shared/compression/compressed_file.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/store/epoch.hpp"
#include "shared/wire/codec.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/data_loader/bars.hpp"
#include "tests/unit/database/server.hpp"
#include "tests/unit/results_writer/scores.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

// A store whose logs hold ten bars and three scores, and a database.
class LogReplay : public database::Server {
 protected:
  void SetUp() override {
    Server::SetUp();
    std::ofstream(scratch_.file("dsn")) << dsn_.text;
    dsn_.origin = scratch_.file("dsn");
    append("bars", data_loader::batch(1, data_loader::daily(0, 5)));
    append("bars", data_loader::batch(2, data_loader::daily(5, 5)));
    for (int i = 0; i < 3; ++i) append("scores", results_writer::batch({results_writer::score(i)}));
    append("scores", results_writer::run_record("finished"));
  }
  void append(const std::string& log, wire::Message message) {
    auto writer = durable_log::Writer::create(store_.log_path(log), store_.id(), ++epoch_, 1);
    const durable_log::Record record{0, wire::encode(std::move(message))};
    ASSERT_TRUE(writer->append({&record, 1}));
  }
  // As results_writer's archivist does.
  void archive(std::uint64_t epoch) const {
    const std::string name = durable_log::segment_name(epoch, 1);
    const std::string shelf = store_.path() + "/archive/01HF7YAT00000000000000000A/";
    std::filesystem::create_directories(shelf);
    const std::string segment = store_.log_path("scores") + "/" + name;
    ASSERT_TRUE(compression::compress_file(segment, shelf + name + ".zst"));
    std::ofstream(shelf + name + ".runs") << "RUN\n";
    std::filesystem::remove(segment);
  }
  Status replay() const { return replay_logs(store_, dsn_, {"bars", "scores"}); }
  std::string stored() const {
    return psql(
        "SELECT (SELECT count(*) FROM mendel.market_data), "
        "(SELECT count(*) FROM mendel.strategy_metrics), "
        "(SELECT count(*) FROM mendel.runs)");
  }

  testing::ScratchFolder scratch_;
  store::Store store_ = *store::Store::create(scratch_.file("store"), 1);
  std::uint64_t epoch_ = 0;
};

TEST_F(LogReplay, FillsAnEmptyDatabaseAndChangesNothingWhenItIsFull) {
  migrate_all();
  for (int i = 0; i < 2; ++i) {
    const Status done = replay();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(stored(), "10|3|1");
  }
}

TEST_F(LogReplay, BringsBackWhatTheDatabaseHasLost) {
  migrate_all();
  ASSERT_TRUE(replay());
  psql("DELETE FROM mendel.market_data WHERE close > 102");
  psql("DELETE FROM mendel.strategy_metrics");
  EXPECT_NE(stored(), "10|3|1");
  ASSERT_TRUE(replay());
  EXPECT_EQ(stored(), "10|3|1");
}

TEST_F(LogReplay, TakesTheArchiveFirstAndLeavesItsOffsetToNobody) {
  migrate_all();
  archive(3);
  archive(4);
  for (int i = 0; i < 2; ++i) {
    const Status done = replay();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(stored(), "10|3|1");
    psql("DELETE FROM mendel.strategy_metrics WHERE sharpe_ratio IS NOT NULL");
  }
  // The writer goes on in the log.
  EXPECT_EQ(psql("SELECT log, min(segment) FROM mendel.log_offsets GROUP BY log ORDER BY log"),
            "bars|000000000002-000001.log\nscores|000000000006-000001.log");
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.log_owners WHERE log = 'archive'"), "0");
}

TEST_F(LogReplay, SaysWhichPartOfTheArchiveIsDamaged) {
  migrate_all();
  archive(3);
  const std::string shelf = store_.path() + "/archive/01HF7YAT00000000000000000A/";
  std::ofstream(shelf + durable_log::segment_name(3, 1) + ".zst") << "no frame";
  const Status done = replay();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::operator_needed);
  EXPECT_THAT(done.error().message, HasSubstr("000000000003-000001.log.zst"));
}

TEST_F(LogReplay, LeavesALivingStageAlone) {
  migrate_all();
  const auto living = store::Epoch::take(store_, "data_loader", read_clocks());
  ASSERT_TRUE(living);
  const Status done = replay();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::transient);
  EXPECT_THAT(done.error().message, HasSubstr("stop the pipeline first"));
  EXPECT_EQ(stored(), "0|0|0");
}

TEST_F(LogReplay, SaysWhenTheSchemaIsMissing) {
  const Status done = replay();
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("mendel migrate"));
}

}  // namespace
}  // namespace mendel::cli
