// data_loader is killed at moments that are held still while it happens: bars on their way to it,
// bars durable and not yet committed, a dataset being cut.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

constexpr const char* kBarsStored = "SELECT count(*) FROM mendel.market_data";
constexpr const char* kBars = "5105";

class KilledLoader : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(pipeline_.ready()); }

  static std::string demo_file(const std::string& name) {
    return std::string(MENDEL_SOURCE_DIR) + "/topology/demo/" + name;
  }
  std::vector<std::string> ingest_words() const {
    return pipeline_.with_state({"ingest", demo_file("sp500_1d.csv"), "--symbol", "SP500",
                                 "--timeframe", "1d", "--source", "vega-datasets"});
  }
  std::vector<std::string> evolve_words() const {
    std::vector<std::string> words = {"evolve", demo_file("experiment.toml"), "--json"};
    words.insert(words.end(), kSmallDemo.begin(), kSmallDemo.end());
    return pipeline_.with_state(std::move(words));
  }

  // A session of its own holds the table until let_go().
  void hold_bars(const std::string& mode) {
    holder_.emplace(pipeline_.with_state(
        {"sql", fmt::format("BEGIN; LOCK TABLE mendel.market_data IN {} MODE; SELECT pg_sleep(600)",
                            mode)}));
    ASSERT_TRUE(eventually([&] {
      return count_of(
                 "query LIKE 'BEGIN; LOCK%' AND wait_event = "
                 "'PgSleep'") == "1";
    }));
  }
  void let_go() {
    EXPECT_EQ(pipeline_.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                            "WHERE query LIKE 'BEGIN; LOCK%' AND pid <> pg_backend_pid()"),
              "t");
  }
  bool loader_waits_for_the_table() {
    return eventually([&] {
      return count_of(
                 "application_name = 'mendel data_loader' AND wait_event_type = 'Lock' AND "
                 "wait_event = 'relation'") == "1";
    });
  }
  std::string count_of(const std::string& condition) const {
    return pipeline_.sql("SELECT count(*) FROM pg_stat_activity WHERE " + condition);
  }

  bool restarted_after(pid_t loader) {
    return eventually([&] {
      const pid_t now = pipeline_.pid("data_loader");
      return now != 0 && now != loader;
    });
  }
  void expect_every_bar_once() {
    EXPECT_EQ(pipeline_.sql(kBarsStored), kBars);
    EXPECT_EQ(pipeline_.sql("SELECT count(DISTINCT \"timestamp\") FROM mendel.market_data"), kBars);
  }
  static void expect_small_demo(const Said& said) {
    EXPECT_EQ(said.code, 0) << said.err;
    const Result<config::Value> document = config::parse_json(said.out, "evolve --json");
    ASSERT_TRUE(document) << said.out;
    EXPECT_EQ(text_at(*document, "digest"), kSmallDemoDigest);
  }

  Pipeline pipeline_{1};
  std::optional<Background> holder_;
};

TEST_F(KilledLoader, WhenNoBarHadReachedItIsSentAllAgain) {
  const pid_t loader = pipeline_.pid("data_loader");
  kill(loader, SIGSTOP);
  Background ingest(ingest_words());
  ASSERT_TRUE(eventually([&] { return pipeline_.sample("ingestor", "batches_unreceipted") > 0; }));
  EXPECT_EQ(pipeline_.sql(kBarsStored), "0");
  kill(loader, SIGKILL);
  EXPECT_TRUE(restarted_after(loader));
  const Said said = ingest.wait();
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  // Samples are a second old at most.
  EXPECT_TRUE(eventually([&] { return pipeline_.sample("ingestor", "batches_resent_total") > 0; }));
  expect_every_bar_once();
  expect_small_demo(mendel(evolve_words()));
}

TEST_F(KilledLoader, InTheMiddleOfItsTransactionStoresEveryBarOnce) {
  const pid_t loader = pipeline_.pid("data_loader");
  hold_bars("EXCLUSIVE");  // may be read, not written
  Background ingest(ingest_words());
  ASSERT_TRUE(loader_waits_for_the_table());
  kill(loader, SIGKILL);
  EXPECT_TRUE(restarted_after(loader));
  EXPECT_EQ(pipeline_.sql(kBarsStored), "0");
  EXPECT_TRUE(ingest.running());
  let_go();
  const Said said = ingest.wait();
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  expect_every_bar_once();
  expect_small_demo(mendel(evolve_words()));
}

TEST_F(KilledLoader, WhileItCutsADatasetCutsItAgain) {
  EXPECT_EQ(mendel(ingest_words()).code, 0);
  const pid_t loader = pipeline_.pid("data_loader");
  hold_bars("ACCESS EXCLUSIVE");  // may not even be read
  Background run(evolve_words());
  ASSERT_TRUE(loader_waits_for_the_table());
  ASSERT_TRUE(eventually([&] { return pipeline_.sample("data_loader", "orders_waiting") == 1; }));
  kill(loader, SIGKILL);
  EXPECT_TRUE(restarted_after(loader));
  EXPECT_TRUE(run.running());
  let_go();
  expect_small_demo(run.wait());
  EXPECT_TRUE(
      eventually([&] { return pipeline_.sample("data_loader", "datasets_cut_total") == 1; }));
  expect_every_bar_once();
}

}  // namespace
}  // namespace mendel::testing
