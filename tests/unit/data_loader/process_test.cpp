#include "stages/data_loader/process.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

#include "shared/durable_log/segment.hpp"
#include "shared/store/dataset_file.hpp"
#include "shared/store/store.hpp"
#include "tests/support/file_size_limit.hpp"
#include "tests/unit/data_loader/bars.hpp"
#include "tests/unit/database/server.hpp"

namespace mendel::data_loader {
namespace {

using ::testing::HasSubstr;
using wiring::Edge;

constexpr std::int64_t kPatienceNs = 60 * kNsPerSecond;

// The stage without its sockets: what it publishes is kept.
class Loader : public database::Server {
 protected:
  void SetUp() override {
    Server::SetUp();
    // Short: the sockets' paths must fit into 107 bytes.
    ASSERT_NE(mkdtemp(state_.data()), nullptr);
    std::ofstream(state_ + "/dsn") << dsn_.text;
    ASSERT_TRUE(store::Store::create(state_ + "/store", 0));
  }
  void TearDown() override {
    stage_.reset();
    std::filesystem::remove_all(state_);
  }

  void start() {
    stage_.reset();
    auto topology = wiring::Topology::read(MENDEL_SOURCE_DIR "/topology/local.ini", state_);
    ASSERT_TRUE(topology) << topology.error().message;
    const config::Arguments arguments;
    auto made = definition().make({*topology, arguments, "incarnation", "host"});
    ASSERT_TRUE(made) << made.error().message;
    stage_ = std::move(*made);
  }
  // Runs the duty cycle until `done`, as the runtime would.
  template <class Done>
  bool run_until(Done done) {
    const std::int64_t until = read_clocks().monotonic_ns + kPatienceNs;
    for (;;) {
      stage_->work(read_clocks(), out_);
      for (runtime::Outgoing& one : out_.messages()) keep(std::move(one));
      out_.messages().clear();
      if (done()) return true;
      if (read_clocks().monotonic_ns > until) return false;
      pollfd wake{stage_->wake_descriptors()[0], POLLIN, 0};
      poll(&wake, 1, 20);
    }
  }
  void keep(runtime::Outgoing sent) {
    if (auto* receipt = std::get_if<wire::Receipt>(&sent.message)) receipt_ = *receipt;
    if (auto* dataset = std::get_if<wire::Dataset>(&sent.message)) dataset_ = *dataset;
    topic_ = sent.topic;
  }
  void restart() {
    stage_->stop(read_clocks(), out_);
    ASSERT_TRUE(run_until([&] { return stage_->drained(); }));
    start();
  }
  template <class Message>
  void send(Edge edge, Message message) {
    ASSERT_TRUE(run_until([&] { return stage_->wants(edge); }));
    stage_->receive({edge, "", std::move(message)}, read_clocks(), out_);
  }
  bool stored(std::uint64_t through) {
    return run_until([&] { return receipt_.stored_through >= through; });
  }

  std::map<std::string, double> samples() const {
    std::vector<wire::Sample> all;
    stage_->samples(all);
    std::map<std::string, double> said;
    for (const wire::Sample& one : all) said[one.name] = one.value;
    return said;
  }

  std::string state_ = "/tmp/mendel-loader-XXXXXX";
  std::unique_ptr<runtime::Stage> stage_;
  runtime::Outbox out_;
  wire::Receipt receipt_;
  wire::Dataset dataset_;
  std::string topic_;
};

TEST_F(Loader, StoresBarsAndCutsTheDatasetThatHoldsThem) {
  migrate_all();
  start();
  send(Edge::bars, batch(1, daily(0, 50)));
  send(Edge::bars, batch(2, daily(50, 50)));
  send(Edge::dataset_orders, order(20, 90, 10));
  ASSERT_TRUE(run_until([&] { return !dataset_.order_id.empty(); }));
  EXPECT_EQ(dataset_.error, "");
  EXPECT_EQ(dataset_.rows, 80);
  EXPECT_EQ(receipt_.stored_through, 2U);
  EXPECT_EQ(receipt_.inserted, 100U);
  const auto mapped =
      store::MappedDataset::open(state_ + "/store/" + dataset_.file, dataset_.dataset_id);
  ASSERT_TRUE(mapped) << mapped.error().message;
  EXPECT_EQ(mapped->series()[0].time_ns[0], 10 * kNsPerDay);
  EXPECT_TRUE(stage_->readiness().ready);
}

// Read with what it asks of the database at its start.
TEST_F(Loader, SaysHowLargeTheDatabaseIsAndHowOldThatReadingIs) {
  migrate_all();
  start();
  std::map<std::string, double> said;
  ASSERT_TRUE(run_until([&] {
    said = samples();
    return said.contains("neon_database_size_gb");
  }));
  EXPECT_GT(said.at("database_size_bytes"), 1e6);
  EXPECT_DOUBLE_EQ(said.at("neon_database_size_gb"), said.at("database_size_bytes") / 1e9);
  EXPECT_EQ(said.at("neon_active_queries"), 0);
  EXPECT_LT(std::abs(said.at("clock_skew_seconds")), 1);
  EXPECT_LT(said.at("database_gauges_age_seconds"), 60);
  EXPECT_FALSE(said.contains("certificate_expires_seconds"));  // a socket has none
}

TEST_F(Loader, SaysHowTheStoreIs) {
  migrate_all();
  start();
  send(Edge::bars, batch(1, daily(0, 50)));
  ASSERT_TRUE(stored(1));
  const auto said = samples();
  EXPECT_EQ(said.at("store_mount_healthy"), 1);
  EXPECT_GT(said.at("store_read_seconds"), 0);
  EXPECT_GT(said.at("append_seconds"), 0);
  EXPECT_EQ(said.at("store_write_seconds_total"), said.at("append_seconds"));  // the first
  EXPECT_GT(said.at("store_written_bytes_total"), 50 * 5 * sizeof(double));
  EXPECT_GT(said.at("store_used_bytes"), 0);
  EXPECT_LT(said.at("store_used_bytes"), said.at("store_total_bytes"));
}

TEST_F(Loader, TakesNoBarsIntoAStoreThatIsThereNoMore) {
  migrate_all();
  start();
  ASSERT_TRUE(run_until([&] { return stage_->wants(Edge::bars); }));
  std::filesystem::rename(state_ + "/store", state_ + "/away");
  Now later = read_clocks();
  later.monotonic_ns += 10 * kNsPerSecond;
  stage_->work(later, out_);
  EXPECT_FALSE(stage_->wants(Edge::bars));
  EXPECT_THAT(stage_->readiness().reason, HasSubstr("the store is there no more"));
  std::filesystem::rename(state_ + "/away", state_ + "/store");
  later.monotonic_ns += kNsPerSecond;
  stage_->work(later, out_);
  EXPECT_TRUE(stage_->wants(Edge::bars));
}

TEST_F(Loader, KeepsBarsDurableWhileTheDatabaseIsAway) {
  migrate_all();
  start();
  send(Edge::bars, batch(1, daily(0, 5)));
  ASSERT_TRUE(stored(1));
  ASSERT_TRUE(postgres_->stop());
  send(Edge::bars, batch(2, daily(5, 5)));
  EXPECT_TRUE(run_until([&] { return receipt_.durable_through == 2; }));
  EXPECT_TRUE(run_until([&] { return !stage_->readiness().ready; }));
  EXPECT_THAT(stage_->readiness().reason, HasSubstr("database away"));
  EXPECT_EQ(stage_->failure(), nullptr);
  ASSERT_TRUE(postgres_->start_again());
  EXPECT_TRUE(stored(2));
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "10");
}

TEST_F(Loader, AnswersAKnownSenderAfterARestart) {
  migrate_all();
  start();
  send(Edge::bars, batch(1, daily(0, 5)));
  ASSERT_TRUE(stored(1));
  receipt_ = {};
  restart();
  ASSERT_TRUE(stored(1));
  EXPECT_EQ(receipt_.inserted, 5U);
  receipt_ = {};
  send(Edge::bars, batch(1, daily(0, 5)));
  ASSERT_TRUE(run_until([&] { return receipt_.durable_through == 1; }));
  receipt_ = {};
  stage_->subscription(Edge::receipts, "receipt.sender.", true, read_clocks(), out_);
  EXPECT_TRUE(run_until([&] { return receipt_.stored_through == 1; }));
  EXPECT_EQ(topic_, "receipt.sender.");
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "5");
}

TEST_F(Loader, WaitsForTheSchemaAndSaysSo) {
  start();
  send(Edge::bars, batch(1, daily(0, 5)));
  ASSERT_TRUE(run_until(
      [&] { return stage_->readiness().reason.find("mendel migrate") != std::string::npos; }));
  EXPECT_EQ(receipt_.durable_through, 1U);
  migrate_all();
  EXPECT_TRUE(stored(1));
}

TEST_F(Loader, EndsWithAConfigurationErrorWhenTheDatabaseDoesNotExist) {
  std::ofstream(state_ + "/dsn") << postgres_->dsn("nowhere");
  start();
  ASSERT_TRUE(run_until([&] { return stage_->failure() != nullptr; }));
  EXPECT_EQ(stage_->failure()->exit_code(), 2);
  EXPECT_THAT(stage_->failure()->message, HasSubstr(state_ + "/dsn"));
}

TEST_F(Loader, RefusesTheDatabaseOfAnotherStore) {
  migrate_all();
  psql("INSERT INTO mendel.store_identity (single, store_id) VALUES (true, 'OTHER')");
  start();
  ASSERT_TRUE(run_until([&] { return stage_->failure() != nullptr; }));
  EXPECT_EQ(stage_->failure()->exit_code(), 4);
  EXPECT_THAT(stage_->failure()->message, HasSubstr("OTHER"));
}

TEST_F(Loader, AnswersAnOrderForNothingWithWhatThereIs) {
  migrate_all();
  start();
  send(Edge::bars, batch(1, daily(0, 5)));
  wire::DatasetOrder wrong = order(0, 5);
  wrong.symbols = {"DAX"};
  send(Edge::dataset_orders, wrong);
  ASSERT_TRUE(run_until([&] { return !dataset_.order_id.empty(); }));
  EXPECT_THAT(dataset_.error, HasSubstr("no bars of DAX"));
  EXPECT_THAT(dataset_.error, HasSubstr("SPX"));
  EXPECT_EQ(topic_, "dataset.run.");
}

TEST_F(Loader, TellsOfADamagedLogAndStoresTheRest) {
  migrate_all();
  ASSERT_TRUE(postgres_->stop());
  start();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    send(Edge::bars, batch(i, daily(static_cast<int>(5 * i), 5)));
    ASSERT_TRUE(run_until([&] { return receipt_.durable_through == i; }));
  }
  stage_->stop(read_clocks(), out_);
  ASSERT_TRUE(run_until([&] { return stage_->drained(); }));
  const std::string segment = state_ + "/store/log/bars/000000000001-000001.log";
  std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(segment) / 2));
  file.put('\x55');
  file.close();
  ASSERT_TRUE(postgres_->start_again());
  start();
  ASSERT_TRUE(stored(3));
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "10");
  EXPECT_TRUE(stage_->readiness().ready) << stage_->readiness().reason;
  EXPECT_THAT(stage_->readiness().reason, HasSubstr("1 records of the log bars are damaged"));
  EXPECT_FALSE(std::filesystem::is_empty(state_ + "/store/log/bars/quarantine"));
}

TEST_F(Loader, KeepsWhatItTookThroughAFullDisk) {
  migrate_all();
  start();
  send(Edge::bars, batch(1, daily(0, 5)));
  ASSERT_TRUE(stored(1));
  {
    const testing::FileSizeLimit full(durable_log::kHeaderBytes + 10);
    send(Edge::bars, batch(2, daily(5, 5)));
    ASSERT_TRUE(run_until([&] { return !stage_->readiness().ready; }));
    EXPECT_THAT(stage_->readiness().reason, HasSubstr("cannot append to the log"));
    EXPECT_FALSE(stage_->wants(Edge::bars));
    EXPECT_EQ(receipt_.durable_through, 1U);
    EXPECT_EQ(stage_->failure(), nullptr);
  }
  EXPECT_TRUE(stored(2)) << "without being sent again";
  EXPECT_TRUE(stage_->readiness().ready) << stage_->readiness().reason;
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "10");
}

TEST_F(Loader, TakesNoBarsWhenTheDiskIsNearlyFull) {
  migrate_all();
  ASSERT_EQ(setenv("MENDEL_PIPELINE_FREE_BYTES_MIN", "1125899906842624", 1), 0);
  start();
  unsetenv("MENDEL_PIPELINE_FREE_BYTES_MIN");
  ASSERT_TRUE(run_until([&] { return stage_->wants(Edge::dataset_orders); }));
  EXPECT_FALSE(stage_->wants(Edge::bars));
  EXPECT_THAT(stage_->readiness().reason, HasSubstr("less than free_bytes_min"));
}

TEST_F(Loader, StopsQuicklyAndGivesUpItsEpoch) {
  migrate_all();
  start();
  send(Edge::bars, batch(1, daily(0, 5)));
  restart();
  EXPECT_EQ(receipt_.durable_through, 1U);
  EXPECT_TRUE(stored(1)) << "the next life stores what this one logged";
}

}  // namespace
}  // namespace mendel::data_loader
