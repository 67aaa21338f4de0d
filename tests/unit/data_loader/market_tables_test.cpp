#include "stages/data_loader/market_tables.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "shared/wire/codec.hpp"
#include "stages/data_loader/drain.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/data_loader/bars.hpp"
#include "tests/unit/database/server.hpp"

namespace mendel::data_loader {
namespace {

using ::testing::HasSubstr;

const durable_log::Position kFirst{"000000000001-000001.log", 100};
const durable_log::Position kSecond{"000000000001-000001.log", 200};
const durable_log::Position kThird{"000000000001-000001.log", 300};

class MarketTablesTest : public database::Server {
 protected:
  void SetUp() override {
    Server::SetUp();
    migrate_all();
    const std::string file = postgres_->folder() + "/" + database_ + ".dsn";
    std::ofstream(file) << dsn_.text;
    pool_.emplace(database::DsnSource(file), database::PoolOptions{"test", 2});
    tables_.emplace(*pool_);
    ASSERT_TRUE(tables_->begin("STORE", 1));
  }
  void TearDown() override {
    tables_.reset();
    pool_.reset();
  }
  StoredCounts store(const std::vector<wire::BarBatch>& batches, const durable_log::Position& end) {
    const auto counts = tables_->store(batches, end);
    EXPECT_TRUE(counts) << counts.error().message;
    return counts && !counts->empty() ? counts->front() : StoredCounts{};
  }
  std::vector<double> closes(const wire::DatasetOrder& order) {
    const auto series = tables_->read(order);
    EXPECT_TRUE(series) << series.error().message;
    return series ? series->front().close : std::vector<double>{};
  }

  std::optional<database::Pool> pool_;
  std::optional<MarketTables> tables_;
};

TEST_F(MarketTablesTest, StoreBarsAndCountThem) {
  const StoredCounts counts = store({batch(1, daily(0, 5)), batch(2, daily(5, 5))}, kFirst);
  EXPECT_EQ(counts.stored_through, 2U);
  EXPECT_EQ(counts.inserted, 10U);
  EXPECT_EQ(psql("SELECT count(*), min(\"timestamp\" AT TIME ZONE 'UTC') FROM mendel.market_data"),
            "10|1970-01-01 00:00:00");
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data_staging"), "0");
}

TEST_F(MarketTablesTest, FollowTheRevisionRule) {
  store({batch(1, daily(0, 4))}, kFirst);
  auto changed = batch(2, daily(0, 4));
  changed.bars[2].close += 0.25;
  StoredCounts counts = store({changed}, kSecond);
  EXPECT_EQ(counts.inserted, 4U) << "cumulative";
  EXPECT_EQ(counts.equal, 3U);
  EXPECT_EQ(counts.conflicts, 1U);
  EXPECT_EQ(closes(order(0, 10))[2], 102);

  changed.sequence = 3;
  changed.revision = 1;
  counts = store({changed}, kThird);
  EXPECT_EQ(counts.equal, 6U);
  EXPECT_EQ(counts.replaced, 1U);
  EXPECT_EQ(counts.conflicts, 1U);
  EXPECT_EQ(closes(order(0, 10))[2], 102.25);
}

TEST_F(MarketTablesTest, JudgeBarsBesideFreshOnesInOneTransaction) {
  store({batch(1, daily(0, 4))}, kFirst);
  auto changed = batch(3, daily(2, 4, 102));  // two are stored, two new
  changed.bars[0].close += 0.25;              // one of the stored with another value
  const StoredCounts counts =
      store({batch(2, daily(10, 5)), changed, batch(4, daily(6, 4))}, kSecond);
  EXPECT_EQ(counts.inserted, 4U + 5U + 2U + 4U);
  EXPECT_EQ(counts.equal, 1U);
  EXPECT_EQ(counts.conflicts, 1U);
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "15");
  EXPECT_EQ(closes(order(0, 20)).size(), 15U);
}

TEST_F(MarketTablesTest, KeepSeriesApartThatDifferInOneKey) {
  auto other_symbol = batch(2, daily(0, 4));
  other_symbol.symbol = "OTHER";
  auto other_source = batch(3, daily(0, 4));
  other_source.source = "other";
  auto other_timeframe = batch(4, daily(0, 4));
  other_timeframe.timeframe = "1h";
  store({batch(1, daily(0, 4))}, kFirst);
  const StoredCounts counts = store({other_symbol, other_source, other_timeframe}, kSecond);
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "16");
  EXPECT_EQ(counts.conflicts + counts.equal, 0U);
}

TEST_F(MarketTablesTest, StoreNothingWhenTheKeyRefusesABarAndAllAtTheNextTry) {
  // As when somebody else's transaction has written it and is not committed at our look.
  psql(
      "CREATE FUNCTION mendel.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
      "unique_violation; END $$; CREATE TRIGGER refuse BEFORE INSERT ON mendel.market_data "
      "FOR EACH ROW EXECUTE FUNCTION mendel.refuse()");
  EXPECT_FALSE(tables_->store({batch(1, daily(0, 4))}, kFirst));
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "0");
  psql("DROP TRIGGER refuse ON mendel.market_data");
  ASSERT_TRUE(tables_->begin("STORE", 1));
  EXPECT_EQ(store({batch(1, daily(0, 4))}, kFirst).inserted, 4U);
}

TEST_F(MarketTablesTest, RefuseALogPositionTwiceAndASmallerEpoch) {
  store({batch(1, daily(0, 4))}, kFirst);
  MarketTables successor(*pool_);
  const auto begun = successor.begin("STORE", 2);
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->stored, kFirst);
  ASSERT_EQ(begun->senders.size(), 1U);
  EXPECT_EQ(begun->senders[0].inserted, 4U);
  EXPECT_FALSE(tables_->store({batch(2, daily(4, 4))}, kSecond));
  ASSERT_TRUE(successor.store({batch(2, daily(4, 4))}, kSecond));
  EXPECT_FALSE(successor.store({batch(2, daily(4, 4))}, kSecond));
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), "8");
}

TEST_F(MarketTablesTest, KeepEveryBitOfAPrice) {
  auto one = batch(1, daily(0, 1));
  one.bars[0].close = 100.1 + 1e-13;
  store({one}, kFirst);
  EXPECT_EQ(closes(order(0, 1))[0], one.bars[0].close);
}

TEST_F(MarketTablesTest, ReadARangeWithItsWarmUp) {
  store({batch(1, daily(0, 100))}, kFirst);
  const auto series = tables_->read(order(50, 60, 7));
  ASSERT_TRUE(series);
  EXPECT_EQ((*series)[0].time_ns.front(), 43 * kNsPerDay);
  EXPECT_EQ((*series)[0].time_ns.back(), 59 * kNsPerDay);
  EXPECT_EQ((*series)[0].time_ns.size(), 17U);
  EXPECT_EQ(closes(order(3, 5, 7)).size(), 5U) << "only three bars precede";
  EXPECT_EQ(closes(order(3, 5)).size(), 2U);
  EXPECT_TRUE(closes(order(200, 210, 7)).empty()) << "warm-up alone is nothing";
}

TEST_F(MarketTablesTest, ReadMoreThanOnePage) {
  std::vector<wire::BarBatch> batches;
  for (std::uint64_t i = 0; i < 15; ++i) {
    batches.push_back(batch(i + 1, daily(static_cast<std::int64_t>(i) * 3500, 3500)));
  }
  store(batches, kFirst);
  const auto series = tables_->read(order(0, 60'000));
  ASSERT_TRUE(series);
  ASSERT_EQ((*series)[0].time_ns.size(), 52'500U);
  for (std::size_t i = 0; i < 52'500; ++i) {
    ASSERT_EQ((*series)[0].time_ns[i], static_cast<std::int64_t>(i) * kNsPerDay);
  }
}

TEST_F(MarketTablesTest, TellWhatIsStored) {
  EXPECT_THAT(*tables_->stored_spans(), HasSubstr("mendel ingest"));
  store({batch(1, daily(0, 3))}, kFirst);
  EXPECT_EQ(*tables_->stored_spans(),
            "stored are test SPX 1d 1970-01-01T00:00:00Z to 1970-01-03T00:00:00Z");
}

// The kills fall anywhere: before, in and after commits. Rows alone would not tell a batch that was
// applied twice, because equal bars change nothing: the counts do.
TEST_F(MarketTablesTest, ApplyEachBatchOnceWhileConnectionsAreKilled) {
  constexpr std::uint64_t kBatches = 30;
  constexpr int kKills = 10;
  const std::string store_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  const testing::ScratchFolder folder;
  auto writer = durable_log::Writer::create(folder.file("bars"), store_id, 1, 0);
  ASSERT_TRUE(writer) << writer.error().message;
  ASSERT_EQ(psql("DELETE FROM mendel.store_identity"), "");
  DrainCycle cycle(folder.file("bars"), store_id, 1, *tables_);
  std::atomic<int> kills = 0;
  std::jthread killer([&](const std::stop_token& stop) {
    while (kills < kKills && !stop.stop_requested()) {
      if (psql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
               " WHERE application_name = 'test'") != "0") {
        ++kills;
      }
    }
  });
  std::uint64_t logged = 0;
  const auto log_next = [&] {
    const auto first = static_cast<std::int64_t>(++logged * 100);
    const std::vector<durable_log::Record> records = {
        {static_cast<std::uint8_t>(wire::Kind::bar_batch),
         wire::encode(batch(logged, daily(first, 100)))}};
    return static_cast<bool>(writer->append(records));
  };
  std::uint64_t inserted = 0;
  std::uint64_t equal = 0;
  while (logged < kBatches || kills < kKills) {
    ASSERT_TRUE(log_next());
    for (auto next = DrainCycle::Next::again; next != DrainCycle::Next::wait_for_records;) {
      next = cycle.turn(writer->position());
      ASSERT_NE(next, DrainCycle::Next::stop) << cycle.state().failure->message;
    }
    for (const StoredCounts& counts : cycle.take_counts()) {
      inserted = counts.inserted;
      equal = counts.equal;
    }
  }
  EXPECT_EQ(inserted, logged * 100);
  EXPECT_EQ(equal, 0U);
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), std::to_string(logged * 100));
}

// On hypertables: of a PostgreSQL with TimescaleDB preloaded (MENDEL_TEST_POSTGRES).
class Timescale : public MarketTablesTest {
 protected:
  void SetUp() override {
    MarketTablesTest::SetUp();
    if (psql("SELECT mendel.timescale_edition()") == "absent") {
      GTEST_SKIP() << "TimescaleDB is not preloaded";
    }
  }
  // "days of a chunk|chunks", least first.
  std::string chunks() const {
    return psql(
        "SELECT extract(day FROM range_end - range_start), count(*) FROM "
        "timescaledb_information.chunks WHERE hypertable_name = 'market_data' GROUP BY 1 ORDER BY "
        "1");
  }
};

wire::BarBatch hourly(std::uint64_t sequence, std::int64_t first_day, std::int64_t days) {
  std::vector<market::Bar> bars;
  for (std::int64_t i = 0; i < days * 24; ++i) {
    bars.push_back({first_day * kNsPerDay + i * (kNsPerDay / 24), 10, 11, 9, 10, 1});
  }
  wire::BarBatch batch = data_loader::batch(sequence, std::move(bars));
  batch.timeframe = "1h";
  return batch;
}

TEST_F(Timescale, DailyBarsAreInChunksOfAYearAndIntradayBarsInChunksOfAWeek) {
  store({batch(1, daily(0, 730))}, kFirst);
  EXPECT_EQ(chunks(), "365|2");
  store({hourly(2, 1000, 14)}, kSecond);
  EXPECT_EQ(chunks(), "7|3\n365|2");
  store({batch(3, daily(10'000, 300))}, kThird);
  EXPECT_THAT(chunks(), ::testing::StartsWith("7|3\n365|"));
  EXPECT_EQ(store({hourly(4, 1000, 14)}, {kThird.segment, 400}).equal, 14U * 24);
  EXPECT_EQ(psql("SELECT count(*) FROM mendel.market_data"), std::to_string(730 + 300 + 14 * 24));
}

TEST_F(Timescale, OneTransactionOfBothTimeframesMakesChunksOfAWeek) {
  store({batch(1, daily(0, 14)), hourly(2, 0, 14)}, kFirst);
  EXPECT_THAT(chunks(), ::testing::StartsWith("7|"));
}

TEST_F(Timescale, WhoMayNotWriteBarsMayNotChooseTheirChunks) {
  psql("CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA mendel TO stranger");
  const auto refused = postgres_->psql(
      "SET SESSION AUTHORIZATION stranger; SELECT mendel.choose_bar_chunk(true)", database_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("stranger may not write bars"));
}

// As on Neon. None of it is used by Mendel; should it be asked for, that is final at once.
TEST_F(Timescale, WhatTheApacheEditionLacksIsRefusedForGood) {
  store({batch(1, daily(0, 5))}, kFirst);
  database::Connection connection = connect();
  for (const char* statement :
       {"SELECT add_retention_policy('mendel.market_data', interval '1 year')",
        "ALTER TABLE mendel.market_data SET (timescaledb.compress)",
        "SELECT compress_chunk(show_chunks('mendel.market_data'))",
        "SELECT time_bucket_gapfill('1 day', \"timestamp\", now() - interval '1 day', now()) "
        "FROM mendel.market_data GROUP BY 1"}) {
    const auto refused = connection.exec(statement);
    ASSERT_FALSE(refused) << statement;
    EXPECT_EQ(refused.error().kind, ErrorKind::configuration) << refused.error().message;
    EXPECT_TRUE(connection.exec("SELECT 1")) << "the connection lives on";
  }
}

TEST_F(Timescale, RetentionDropsWholeChunks) {
  const std::int64_t today = read_clocks().wall_ns / kNsPerDay;
  store({hourly(1, today - 60, 50)}, kFirst);
  EXPECT_EQ(psql("SELECT rows_gone >= 24 * 20 FROM mendel.apply_retention(30, NULL, false)"), "t");
  EXPECT_EQ(psql("SELECT min(\"timestamp\") > now() - interval '38 days' FROM mendel.market_data"),
            "t");
}

}  // namespace
}  // namespace mendel::data_loader
