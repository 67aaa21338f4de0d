#include "topology/mendel/run_document.hpp"

#include <gtest/gtest.h>

#include "shared/database/connection.hpp"
#include "shared/database/migrations.hpp"
#include "tests/support/postgres.hpp"

namespace mendel::cli {
namespace {

// A run that used four scores: a pick in and out of sample, another, and buy-and-hold, whose row an
// earlier run had stored.
constexpr const char* kRun = R"sql(
INSERT INTO mendel.runs (run, ended_at, reported_at, report) VALUES
  ('R', now(), now(), '{"buy_and_hold": {"strategy_id": "held"}}');
INSERT INTO mendel.candidates (run, island, generation, slot, strategy_id, genes, rank) VALUES
  ('R', 0, 0, 0, 'pick', '{}', 0), ('R', 0, 0, 1, 'other', '{}', 1),
  ('R', 0, 1, 0, 'pick', '{}', 0), ('Q', 0, 0, 0, 'foreign', '{}', 0);
INSERT INTO mendel.reported (run, rank, genes, strategy_id, out_of_sample_id) VALUES
  ('R', 0, '{}', 'pick', 'later'), ('R', 1, '{}', 'other', NULL);
INSERT INTO mendel.market_data VALUES
  ('2024-01-01', 'X', 1, 1, 1, 1, 1, 's', '1d'), ('2024-01-02', 'X', 1, 1, 1, 1, 1, 's', '1d'),
  ('2024-01-01', 'Y', 1, 1, 1, 1, 1, 's', '1d');
INSERT INTO mendel.strategy_metrics
  ("timestamp", strategy_id, run, generation, window_name, symbol, ruined) VALUES
  ('2024-01-01', 'pick', 'R', 0, 'in_sample', 'portfolio', false),
  ('2024-01-01', 'other', 'R', 0, 'in_sample', 'portfolio', false),
  ('2024-01-01', 'later', 'R', 0, 'out_of_sample', 'portfolio', false),
  ('2024-01-01', 'held', 'Q', 0, 'in_sample', 'portfolio', false),
  ('2024-01-01', 'held', 'Q', 0, 'out_of_sample', 'portfolio', false),
  ('2024-01-01', 'foreign', 'Q', 0, 'in_sample', 'portfolio', false);
)sql";

class CountedRows : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = support::PrivatePostgres::start();
    ASSERT_TRUE(started) << started.error().message;
    postgres_ = std::move(*started);
    const auto files = database::read_migrations(MENDEL_SOURCE_DIR "/sql");
    ASSERT_TRUE(files);
    ASSERT_TRUE(database::migrate(dsn(), *files, {}));
    ASSERT_TRUE(postgres_->psql(kRun));
  }
  database::Dsn dsn() const { return {postgres_->dsn(), "a test"}; }
  std::string counted() const {
    strategy::DataSettings data;
    data.source = "s";
    data.symbols = {"X"};
    data.timeframe.name = "1d";
    const Result<config::Value> rows = count_rows(dsn(), "R", data, 1000);
    return rows ? config::to_json(*rows) : rows.error().message;
  }

  std::unique_ptr<support::PrivatePostgres> postgres_;
};

TEST_F(CountedRows, AreThoseOfEveryScoreTheRunUsedAlsoOfAnEarlierRun) {
  EXPECT_EQ(counted(),
            R"({"market_data":2,"strategy_metrics":5,"strategy_metrics_of_earlier_runs":2})");
}

TEST_F(CountedRows, RevealADoubleRow) {
  ASSERT_TRUE(postgres_->psql(
      "INSERT INTO mendel.strategy_metrics (\"timestamp\", strategy_id, run, generation,"
      " window_name, symbol, ruined) VALUES ('2024-01-02', 'pick', 'R', 1, 'in_sample',"
      " 'portfolio', false)"));
  EXPECT_EQ(counted(),
            R"({"market_data":2,"strategy_metrics":6,"strategy_metrics_of_earlier_runs":2})");
}

}  // namespace
}  // namespace mendel::cli
