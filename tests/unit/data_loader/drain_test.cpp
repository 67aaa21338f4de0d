#include "stages/data_loader/drain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "shared/wire/codec.hpp"
#include "tests/unit/data_loader/bars.hpp"

namespace mendel::data_loader {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Next = DrainCycle::Next;

const std::string kStoreId = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

// Keeps what it is given, as a database would.
class FakeSink : public MarketSink {
 public:
  Result<Begun> begin(const std::string& /*store_id*/, std::uint64_t /*epoch*/) override {
    if (trouble) return *trouble;
    return Begun{stored, {}};
  }
  Result<std::vector<StoredCounts>> store(const std::vector<wire::BarBatch>& batches,
                                          const durable_log::Position& end) override {
    if (trouble) return *trouble;
    stored = end;
    transactions.emplace_back();
    for (const wire::BarBatch& one : batches) transactions.back().push_back(one.sequence);
    return std::vector<StoredCounts>{{"sender", "test", batches.back().sequence, 1, 0, 0, 0}};
  }

  std::optional<Error> trouble;
  durable_log::Position stored;
  std::vector<std::vector<std::uint64_t>> transactions;  // sequences of the batches
};

class DrainTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    auto writer = durable_log::Writer::create(folder_ + "/bars", kStoreId, 1, 0);
    ASSERT_TRUE(writer) << writer.error().message;
    writer_.emplace(std::move(*writer));
    cycle_.emplace(folder_ + "/bars", kStoreId, 1, sink_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void log(const wire::BarBatch& one) {
    const std::vector<durable_log::Record> records = {
        {static_cast<std::uint8_t>(wire::Kind::bar_batch), wire::encode(one)}};
    ASSERT_TRUE(writer_->append(records));
  }
  Next turn() { return cycle_->turn(writer_->position()); }

  std::string folder_ = "/tmp/mendel-drain-XXXXXX";
  std::optional<durable_log::Writer> writer_;
  FakeSink sink_;
  std::optional<DrainCycle> cycle_;
};

TEST_F(DrainTest, StoresWhatIsDurableInOneTransaction) {
  log(batch(1, daily(0, 5)));
  log(batch(2, daily(5, 5)));
  EXPECT_EQ(turn(), Next::again);
  EXPECT_EQ(turn(), Next::again);
  EXPECT_EQ(turn(), Next::wait_for_records);
  EXPECT_THAT(sink_.transactions, ElementsAre(ElementsAre(1, 2)));
  EXPECT_EQ(cycle_->state().stored, writer_->position());
}

TEST_F(DrainTest, PutsNoBarIntoOneTransactionTwice) {
  log(batch(1, daily(0, 5)));
  log(batch(2, daily(5, 5)));
  log(batch(1, daily(4, 2), "other"));
  log(batch(3, daily(10, 5)));
  while (turn() == Next::again) {
  }
  EXPECT_THAT(sink_.transactions, ElementsAre(ElementsAre(1, 2), ElementsAre(1, 3)));
}

TEST_F(DrainTest, SpansABoundedTimePerTransaction) {
  for (std::uint64_t i = 0; i < 5; ++i) {
    log(batch(i + 1, daily(static_cast<std::int64_t>(i) * 700, 700)));
  }
  while (turn() == Next::again) {
  }
  EXPECT_THAT(sink_.transactions,
              ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4), ElementsAre(5)));
}

TEST_F(DrainTest, GoesOnWhereTheDatabaseIsAfterAnError) {
  log(batch(1, daily(0, 5)));
  turn();
  sink_.trouble = transient_error("gone");
  EXPECT_EQ(turn(), Next::wait_for_database);
  EXPECT_EQ(cycle_->state().away, "gone");
  EXPECT_EQ(turn(), Next::wait_for_database);
  sink_.trouble.reset();
  log(batch(2, daily(5, 5)));
  while (turn() == Next::again) {
  }
  EXPECT_EQ(cycle_->state().away, "");
  EXPECT_THAT(sink_.transactions, ElementsAre(ElementsAre(1, 2)));
}

TEST_F(DrainTest, LearnsThatACommitInDoubtHappened) {
  log(batch(1, daily(0, 5)));
  turn();
  turn();
  log(batch(2, daily(5, 5)));
  const durable_log::Position committed = writer_->position();
  sink_.trouble = transient_error("commit in doubt");
  EXPECT_EQ(turn(), Next::wait_for_database);
  sink_.trouble.reset();
  sink_.stored = committed;
  while (turn() == Next::again) {
  }
  EXPECT_THAT(sink_.transactions, ElementsAre(ElementsAre(1))) << "batch 2 is there already";
}

TEST_F(DrainTest, AWrongConnectionStringEndsTheStageUnlessItOnceWorked) {
  sink_.trouble = configuration_error("no such user");
  DrainCycle fresh(folder_ + "/bars", kStoreId, 1, sink_);
  EXPECT_EQ(fresh.turn(writer_->position()), Next::stop);
  EXPECT_EQ(fresh.state().failure->kind, ErrorKind::configuration);

  sink_.trouble.reset();
  turn();
  log(batch(1, daily(0, 5)));
  sink_.trouble = configuration_error("the password is being changed");
  EXPECT_EQ(turn(), Next::wait_for_database);
  EXPECT_EQ(turn(), Next::wait_for_database);
  EXPECT_FALSE(cycle_->state().failure);
}

TEST_F(DrainTest, AnotherStoresDatabaseNeedsAnOperator) {
  sink_.trouble = operator_error("belongs to another store");
  EXPECT_EQ(turn(), Next::stop);
  EXPECT_EQ(cycle_->state().failure->kind, ErrorKind::operator_needed);
}

TEST_F(DrainTest, AnOffsetBeyondTheLogNeedsAnOperator) {
  sink_.stored = {"000000000009-000001.log", 5};
  EXPECT_EQ(turn(), Next::stop);
  EXPECT_THAT(cycle_->state().failure->message, HasSubstr("right store"));
}

TEST_F(DrainTest, SkipsARecordThatIsNoBarBatch) {
  const std::vector<durable_log::Record> records = {{1, "no frame"}};
  ASSERT_TRUE(writer_->append(records));
  log(batch(1, daily(0, 5)));
  while (turn() == Next::again) {
  }
  EXPECT_THAT(sink_.transactions, ElementsAre(ElementsAre(1)));
}

}  // namespace
}  // namespace mendel::data_loader
