// The stage over a real log and a real PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>
#include <fstream>

#include "shared/database/migrations.hpp"
#include "stages/results_writer/process.hpp"
#include "tests/support/postgres.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/results_writer/scores.hpp"

namespace mendel::results_writer {
namespace {

using runtime::Edge;
using ::testing::HasSubstr;

struct StoredResultsTest : ::testing::Test {
  testing::ScratchFolder state;
  std::unique_ptr<support::PrivatePostgres> postgres;
  Now now{kNsPerSecond, 1'700'000'000 * kNsPerSecond};
  std::unique_ptr<runtime::Stage> stage;

  void SetUp() override {
    auto started = support::PrivatePostgres::start();
    ASSERT_TRUE(started) << started.error().message;
    postgres = *std::move(started);
    const auto files = database::read_migrations(MENDEL_SOURCE_DIR "/sql");
    ASSERT_TRUE(files);
    const auto done = database::migrate({postgres->dsn(), "a test"}, *files, {});
    ASSERT_TRUE(done) << done.error().message;
    std::ofstream(state.file("dsn")) << postgres->dsn();
  }
  void start(const std::string& store_name = "store") {
    stage.reset();
    const auto topology =
        wiring::Topology::read(MENDEL_SOURCE_DIR "/topology/local.ini", state.path());
    ASSERT_TRUE(topology) << topology.error().message;
    const auto store = store::Store::create(state.file(store_name), now.wall_ns);
    ASSERT_TRUE(store) << store.error().message;
    ProcessOptions options;
    options.open_sink = [topology = *topology] { return open_result_tables(topology); };
    stage = make_process(*store, options);
    for (int i = 0; i < 3; ++i) turn();
  }
  void turn() {
    now.monotonic_ns += kNsPerMs;
    runtime::Outbox out;
    stage->work(now, out);
  }
  void record(Edge edge, wire::Message message) {
    runtime::Outbox out;
    stage->receive({edge, "", std::move(message)}, now, out);
    turn();
  }
  void record_scores(int from, int to) {
    std::vector<wire::Score> scores;
    for (int i = from; i < to; ++i) scores.push_back(score(i, 1.0 + i));
    record(Edge::scores, batch(scores));
  }
  double stored_total() const {
    std::vector<wire::Sample> samples;
    stage->samples(samples);
    for (const wire::Sample& sample : samples) {
      if (sample.name == "stored_total") return sample.value;
    }
    return -1;
  }
  template <class Condition>
  void wait_until(Condition condition) {
    for (int i = 0; i < 300 && !condition(); ++i) {
      pollfd wake{stage->wake_descriptors().front(), POLLIN, 0};
      ::poll(&wake, 1, 100);
      turn();
    }
    EXPECT_TRUE(condition()) << stage->readiness().reason;
  }
  std::string psql(const std::string& sql) const {
    const auto text = postgres->psql(sql);
    return text ? *text : text.error().message;
  }
};

TEST_F(StoredResultsTest, EveryRecordIsOneRowThroughAnOutageAndARestart) {
  start();
  record(Edge::records, run_record("running"));
  record_scores(0, 100);
  wait_until([&] { return stored_total() == 101; });
  ASSERT_TRUE(postgres->stop());
  record_scores(50, 200);
  wait_until([&] { return stage->readiness().reason.starts_with("database away"); });
  ASSERT_TRUE(postgres->start_again());
  wait_until([&] { return stored_total() == 201; });
  start();
  record_scores(150, 300);
  wait_until([&] { return stored_total() == 301; });
  EXPECT_EQ(psql("SELECT count(*), count(DISTINCT strategy_id), sum(sharpe_ratio), "
                 "min(generation) FROM mendel.strategy_metrics"),
            "300|300|45150|3");
  EXPECT_EQ(psql("SELECT run, state FROM mendel.runs"), "RUN|running");
}

TEST_F(StoredResultsTest, ADatabaseOfAnotherStoreNeedsAnOperator) {
  start();
  record_scores(0, 10);
  wait_until([&] { return stored_total() == 10; });
  start("other");
  wait_until([&] { return stage->failure() != nullptr; });
  EXPECT_EQ(stage->failure()->exit_code(), 4);
}

TEST_F(StoredResultsTest, AStoreThatLostItsLogNeedsAnOperator) {
  start();
  record_scores(0, 10);
  wait_until([&] { return stored_total() == 10; });
  stage.reset();
  std::filesystem::remove_all(state.file("store/log/scores"));
  start();
  wait_until([&] { return stage->failure() != nullptr; });
  EXPECT_EQ(stage->failure()->exit_code(), 4);
  EXPECT_THAT(stage->failure()->message, HasSubstr("which is not there"));
}

}  // namespace
}  // namespace mendel::results_writer
