#include "stages/results_writer/tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "shared/base/time.hpp"
#include "shared/database/migrations.hpp"
#include "shared/wire/codec.hpp"
#include "tests/support/postgres.hpp"
#include "tests/support/scratch_folder.hpp"

namespace mendel::results_writer {
namespace {

constexpr std::int64_t kBorn = 1'700'000'000 * kNsPerSecond;
const Digest kPick = sha256("pick");
const Digest kPickLater = sha256("pick, out of sample");
const Digest kOther = sha256("other");
const Digest kHeld = sha256("buy and hold");

class TablesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = support::PrivatePostgres::start();
    ASSERT_TRUE(started) << started.error().message;
    postgres_ = std::move(*started);
    const auto files = database::read_migrations(MENDEL_SOURCE_DIR "/sql");
    ASSERT_TRUE(files);
    const auto done = database::migrate({postgres_->dsn(), "a test"}, *files, {});
    ASSERT_TRUE(done) << done.error().message;
    std::ofstream(state_.file("dsn")) << postgres_->dsn();
    const auto topology =
        wiring::Topology::read(MENDEL_SOURCE_DIR "/topology/local.ini", state_.path());
    ASSERT_TRUE(topology) << topology.error().message;
    auto sink = open_result_tables(*topology);
    ASSERT_TRUE(sink) << sink.error().message;
    sink_ = std::move(*sink);
    ASSERT_TRUE(sink_->begin({"STORE", 1}));
  }

  void store(const std::vector<wire::Message>& messages) {
    std::vector<durable_log::Entry> entries;
    for (const wire::Message& message : messages) {
      entries.emplace_back().record.payload = wire::encode(message);
    }
    const Status stored = sink_->store(entries, {"000000000001-000001.log", offset_ += 100});
    ASSERT_TRUE(stored) << stored.error().message;
  }
  std::string psql(const std::string& sql) const {
    const auto text = postgres_->psql(sql);
    return text ? *text : text.error().message;
  }

  static wire::Message score(const Digest& key, market::Window window, double sharpe,
                             const std::string& run = "RUN") {
    wire::Score one;
    one.key = key;
    one.run = run;
    one.generation = 0;
    one.born_at_ns = kBorn;
    for (const char* symbol : {"portfolio", "SPX"}) {
      wire::ScoreRow row{window, symbol, {}};
      row.metrics.set(market::Metric::sharpe_ratio, sharpe);
      row.metrics.set(market::Metric::trade_count, 12);
      row.metrics.undefine(market::Metric::profit_factor, market::Undefined::no_losing_trade);
      one.rows.push_back(row);
    }
    return wire::ScoreBatch{"evaluator", {one}};
  }
  static wire::Message run(const std::string& state) {
    wire::RunRecord record;
    record.run = "RUN";
    record.name = "crossing";
    record.state = state;
    record.dataset_id = sha256("dataset");
    record.experiment_digest = sha256("experiment");
    record.experiment = "[search]\nobjectives = [\"sharpe_ratio max\"]\n";
    record.seed = 18'446'744'073'709'551'615U;
    record.at_ns = kBorn + (state == "running" ? 0 : 60 * kNsPerSecond);
    record.detail = "{\"state\": \"" + state + "\"}";
    return record;
  }
  static wire::Message generation() {
    wire::GenerationRecord record;
    record.run = "RUN";
    record.born_at_ns = kBorn;
    record.digest = sha256("generation");
    record.genes = {"fast"};
    record.slots = {{{10}, kPick, 0, ""}, {{20}, kOther, 1, ""}};
    return record;
  }
  // Of a run whose buy-and-hold was evaluated for an earlier one on the same data.
  static wire::Message verdict() {
    wire::Verdict record;
    record.run = "RUN";
    record.at_ns = kBorn;
    record.reported = {{0, "{\"fast\": 10}", kPick, kPickLater}, {1, "{\"fast\": 20}", kOther, {}}};
    record.report = "{\"looks\": 1, \"buy_and_hold\": {\"strategy_id\": \"" + kHeld.hex() + "\"}}";
    return record;
  }
  static std::vector<wire::Message> whole_run() {
    return {run("running"),
            score(kPick, market::Window::in_sample, 1.5),
            score(kOther, market::Window::in_sample, 0.5),
            generation(),
            score(kPickLater, market::Window::out_of_sample, 0.25),
            verdict(),
            run("finished")};
  }

  testing::ScratchFolder state_;
  std::unique_ptr<support::PrivatePostgres> postgres_;
  std::unique_ptr<ResultSink> sink_;
  std::uint64_t offset_ = 0;
};

TEST_F(TablesTest, PutsInSampleAndOutOfSampleSideBySide) {
  store(whole_run());
  EXPECT_EQ(psql("SELECT name, state, rank, genes ->> 'fast', generation, in_sample_sharpe_ratio,"
                 " out_of_sample_sharpe_ratio, in_sample_trade_count FROM mendel.leaderboard"),
            "crossing|finished|0|10|0|1.5|0.25|12\ncrossing|finished|1|20|0|0.5||12");
  EXPECT_EQ(psql("SELECT seed, created_at < ended_at, report ->> 'looks', detail ->> 'state'"
                 " FROM mendel.runs"),
            "18446744073709551615|t|1|finished");
}

TEST_F(TablesTest, FindsBuyAndHoldThatAnEarlierRunRecorded) {
  store({score(kHeld, market::Window::in_sample, 0.75, "EARLIER")});
  store(whole_run());
  EXPECT_EQ(psql("SELECT rank, in_sample_buy_and_hold_sharpe_ratio FROM mendel.leaderboard"),
            "0|0.75\n1|0.75");
}

TEST_F(TablesTest, SummarisesAGeneration) {
  store(whole_run());
  EXPECT_EQ(psql("SELECT name, generation, objective, best, mean, candidates, feasible"
                 " FROM mendel.generations"),
            "crossing|0|sharpe_ratio|1.5|1|2|2");
}

TEST_F(TablesTest, LeavesUndefinedMetricsNullWithTheirReason) {
  store(whole_run());
  EXPECT_EQ(psql("SELECT profit_factor IS NULL, undefined ->> 'profit_factor', ruined"
                 " FROM mendel.strategy_metrics WHERE symbol = 'SPX' AND window_name = 'in_sample'"
                 " ORDER BY sharpe_ratio DESC LIMIT 1"),
            "t|no_losing_trade|f");
}

TEST_F(TablesTest, MakesEachRowOnceHoweverOftenRecordsCome) {
  store(whole_run());
  store(whole_run());
  EXPECT_EQ(
      psql("SELECT (SELECT count(*) FROM mendel.strategy_metrics),"
           " (SELECT count(*) FROM mendel.candidates), (SELECT count(*) FROM mendel.reported),"
           " (SELECT count(*) FROM mendel.generation_records),"
           " (SELECT count(*) FROM mendel.runs), (SELECT state FROM mendel.runs),"
           " (SELECT count(*) FROM mendel.strategy_metrics_staging)"),
      "6|2|2|1|1|finished|0");
}

TEST_F(TablesTest, TakesRecordsOfARunInAnyOrder) {
  auto records = whole_run();
  std::reverse(records.begin(), records.end());
  for (const wire::Message& record : records) store({record});
  EXPECT_EQ(psql("SELECT name, state, rank, in_sample_sharpe_ratio FROM mendel.leaderboard"),
            "crossing|finished|0|1.5\ncrossing|finished|1|0.5");
}

TEST_F(TablesTest, RefusesAPositionThatIsNotAhead) {
  store(whole_run());
  EXPECT_FALSE(sink_->store({}, {"000000000001-000001.log", 50}));
  const auto at = sink_->begin({"STORE", 1});
  ASSERT_TRUE(at);
  EXPECT_EQ(at->offset, 100U);
}

TEST_F(TablesTest, ABadTextStopsNothing) {
  wire::RunRecord record;
  record.run = std::string("RUN\0\xff", 5);
  record.name = "\xc3(";
  record.detail = "{\"x\": \"\\u0000\"}";
  store({record});
  EXPECT_EQ(psql("SELECT run, name FROM mendel.runs"), "RUN??|?(");
}

}  // namespace
}  // namespace mendel::results_writer
