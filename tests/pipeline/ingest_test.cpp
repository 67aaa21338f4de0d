// What `mendel ingest` stores, whatever the files' order, overlap and repetition, and whatever
// becomes of both ends and of the database behind them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <string>

#include "shared/base/time.hpp"
#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;

class Ingest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(pipeline_.ready()); }

  // Hourly bars [from, to) since 2020, whose close is `price` plus their number; newest first when
  // `descending`.
  std::string bars(std::int64_t from, std::int64_t to, double price, bool descending = false) {
    const std::string path = folder_.file(fmt::format("{}-{}-{}.csv", from, to, price));
    std::ofstream file(path);
    file << "time,open,high,low,close,volume\n";
    for (std::int64_t i = 0; i < to - from; ++i) {
      const std::int64_t number = descending ? to - 1 - i : from + i;
      const double close = price + static_cast<double>(number);
      const std::int64_t time =
          days_from_date({2020, 1, 1}) * kNsPerDay + number * (kNsPerDay / 24);
      file << fmt::format("{},{},{},{},{},1\n", format_time(time), close, close + 1, close - 1,
                          close);
    }
    return path;
  }
  std::vector<std::string> words(const std::string& file, int revision = 0,
                                 const std::string& symbol = "X") const {
    return pipeline_.with_state({"ingest", file, "--symbol", symbol, "--timeframe", "1h",
                                 "--revision", std::to_string(revision)});
  }
  Said ingest(const std::string& file, int revision = 0) const {
    return mendel(words(file, revision));
  }
  std::string count() const {
    return pipeline_.sql(
        "SELECT count(*) || ' ' || count(DISTINCT (symbol, \"timestamp\")) FROM "
        "mendel.market_data");
  }
  // Changes when any row is written, even with the values it had.
  std::string writes() const {
    return pipeline_.sql(
        "SELECT md5(string_agg(ctid::text || xmin::text, ',' ORDER BY symbol, \"timestamp\")) "
        "FROM mendel.market_data");
  }

  ScratchFolder folder_;
  Pipeline pipeline_{1};
};

TEST_F(Ingest, FilesMayOverlapAndComeInAnyOrderAndAgain) {
  EXPECT_THAT(ingest(bars(10'000, 20'000, 5)).out, HasSubstr("10000 new"));
  EXPECT_THAT(ingest(bars(5'000, 12'000, 5, true)).out, HasSubstr("5000 new, 2000 there already"));
  EXPECT_THAT(ingest(bars(0, 25'000, 5)).out, HasSubstr("10000 new, 15000 there already"));
  EXPECT_EQ(count(), "25000 25000");
  const std::string before = writes();
  EXPECT_THAT(ingest(bars(0, 25'000, 5)).out, HasSubstr("0 new, 25000 there already"));
  EXPECT_EQ(writes(), before) << "what was there was written again";
  EXPECT_EQ(pipeline_.sql("SELECT count(*) FROM mendel.market_data WHERE close <> 5 + extract("
                          "epoch FROM \"timestamp\" - timestamptz '2020-01-01Z') / 3600"),
            "0");
}

TEST_F(Ingest, ARevisionReplacesAndAnythingElseIsAConflictThatChangesNothing) {
  ASSERT_EQ(ingest(bars(0, 3'000, 5)).code, 0);
  const std::string before = writes();
  const Said conflicting = ingest(bars(0, 3'000, 6));
  EXPECT_EQ(conflicting.code, 1);
  EXPECT_THAT(conflicting.out, HasSubstr("0 new, 0 there already, 0 replaced, 3000 conflicts"));
  EXPECT_EQ(writes(), before);
  EXPECT_THAT(ingest(bars(1'000, 3'000, 6), 2).out, HasSubstr("2000 replaced, 0 conflicts"));
  EXPECT_THAT(ingest(bars(1'000, 3'000, 7), 1).out, HasSubstr("0 replaced, 2000 conflicts"));
  EXPECT_EQ(pipeline_.sql("SELECT sum(close - extract(epoch FROM \"timestamp\" - timestamptz "
                          "'2020-01-01Z') / 3600)::bigint FROM mendel.market_data"),
            std::to_string(1'000 * 5 + 2'000 * 6));
  EXPECT_EQ(count(), "3000 3000");
}

TEST_F(Ingest, BothEndsMayBeKilledInTheMiddleOfIt) {
  const pid_t loader = pipeline_.pid("data_loader");
  const pid_t ingestor = pipeline_.pid("ingestor");
  kill(loader, SIGSTOP);
  Background ingest(words(bars(0, 50'000, 5)));
  ASSERT_TRUE(eventually([&] { return pipeline_.sample("ingestor", "batches_unreceipted") > 0; }));
  kill(ingestor, SIGKILL);
  kill(loader, SIGCONT);
  ASSERT_TRUE(eventually([&] {
    const pid_t now = pipeline_.pid("ingestor");
    return now != 0 && now != ingestor;
  }));
  kill(loader, SIGKILL);
  const Said said = ingest.wait();
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_EQ(count(), "50000 50000");
}

// The log keeps what an earlier database had: a fresh one is filled from it, and neither the loader
// nor an ingestor that knows the old one's receipts is in the way.
TEST_F(Ingest, AFreshDatabaseBehindLivingStagesGetsEverything) {
  ASSERT_EQ(ingest(bars(0, 20'000, 5)).code, 0);
  const pid_t loader = pipeline_.pid("data_loader");
  kill(loader, SIGSTOP);
  Background second(words(bars(0, 20'000, 7), 0, "Y"));
  ASSERT_TRUE(eventually([&] { return pipeline_.sample("ingestor", "batches_unreceipted") > 0; }));
  ASSERT_EQ(pipeline_.mendel({"sql", "DROP SCHEMA mendel CASCADE"}).code, 0);
  kill(loader, SIGCONT);
  const Said migrated = pipeline_.mendel({"migrate"});
  ASSERT_EQ(migrated.code, 0) << migrated.err;
  const Said said = second.wait();
  EXPECT_EQ(said.code, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("20000 new"));
  EXPECT_TRUE(eventually([&] { return count() == "40000 40000"; })) << count();
  EXPECT_THAT(ingest(bars(0, 20'000, 5)).out, HasSubstr("0 new, 20000 there already"));
  EXPECT_TRUE(pipeline_.ready());
}

}  // namespace
}  // namespace mendel::testing
