#include "stages/results_writer/drain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "tests/support/scratch_folder.hpp"
#include "tests/unit/results_writer/fake_sink.hpp"

namespace mendel::results_writer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Next = DrainCycle::Next;

const std::string kStore = "01HF7YAT00ABCDEFGHJKMNPQRS";

TEST(CensusTest, CountsTheRecordsBeforeAPosition) {
  Census census;
  for (const std::uint64_t end : {100, 200}) census.add({"a", end});
  census.add({"c", 100});
  EXPECT_EQ(census.through({}), 0u);
  EXPECT_EQ(census.through({"a", 199}), 1u);
  EXPECT_EQ(census.through({"a", 200}), 2u);
  EXPECT_EQ(census.through({"b", 0}), 2u);
  EXPECT_EQ(census.through({"c", 100}), 3u);
  EXPECT_EQ(census.end(), (durable_log::Position{"c", 100}));
}

struct DrainTest : ::testing::Test {
  testing::ScratchFolder scratch;
  std::string folder = scratch.file("scores");
  durable_log::Writer log = *durable_log::Writer::create(folder, kStore, 1, 0);
  std::shared_ptr<FakeDatabase> database = std::make_shared<FakeDatabase>();
  FakeSink sink{database};
  DrainCycle cycle{folder, {kStore, 1}, Census(), sink};

  durable_log::Position append(int from, int to) {
    std::vector<durable_log::Record> records;
    for (int i = from; i < to; ++i) records.push_back({7, std::to_string(i)});
    return *log.append(records);
  }
  Next turns() {
    Next next;
    do {
      next = cycle.turn(log.position());
    } while (next == Next::again);
    return next;
  }
};

TEST_F(DrainTest, StoresEverythingOnceInOrder) {
  append(0, 3);
  EXPECT_EQ(turns(), Next::wait_for_records);
  append(3, 5);
  EXPECT_EQ(turns(), Next::wait_for_records);
  EXPECT_THAT(database->rows(), ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_EQ(database->stored(), log.position());
  EXPECT_EQ(cycle.stored_total(), 5u);
}

TEST_F(DrainTest, NeverStoresWhatIsNotDurable) {
  const durable_log::Position durable = append(0, 2);
  append(2, 4);
  while (cycle.turn(durable) == Next::again) {
  }
  EXPECT_THAT(database->rows(), SizeIs(2));
}

TEST_F(DrainTest, TransactionsAreBounded) {
  append(0, kDrainRecordsMax + 10);
  turns();
  EXPECT_THAT(database->batches(), ElementsAre(kDrainRecordsMax, 10));
}

TEST_F(DrainTest, GoesOnWhereTheDatabaseIs) {
  const durable_log::Position half = append(0, 3);
  append(3, 5);
  database->set_stored(half);
  turns();
  EXPECT_THAT(database->rows(), ElementsAre("3", "4"));
  EXPECT_EQ(cycle.stored_total(), 5u);
}

TEST_F(DrainTest, ACommitInDoubtIsSettledByTheOffset) {
  for (const bool committed : {false, true}) {
    const std::size_t before = database->rows().size();
    append(0, 4);
    database->fail_store(transient_error("connection lost"), committed);
    EXPECT_EQ(turns(), Next::wait_for_database);
    EXPECT_THAT(cycle.away(), HasSubstr("connection lost"));
    EXPECT_EQ(turns(), Next::wait_for_records);
    EXPECT_THAT(database->rows(), SizeIs(before + 4));
    EXPECT_EQ(cycle.stored_total(), before + 4);
    EXPECT_EQ(cycle.away(), "");
  }
}

TEST_F(DrainTest, BacksOffFromHalfASecondTo16Seconds) {
  database->fail_begin(transient_error("no route"), 8);
  std::vector<std::int64_t> waits;
  while (cycle.turn(log.position()) == Next::wait_for_database) waits.push_back(cycle.backoff_ms());
  // At once first; with full jitter a wait is anything up to its limit.
  ASSERT_THAT(waits, SizeIs(8));
  EXPECT_EQ(waits[0], 0);
  for (std::size_t i = 1; i < waits.size(); ++i) {
    EXPECT_LE(waits[i], std::min<std::int64_t>(16'000, 500 << (i - 1))) << i;
  }
  EXPECT_GT(*std::max_element(waits.begin(), waits.end()), 500);
}

TEST_F(DrainTest, ADatabaseThatSleptIsTriedAgainAtOnce) {
  turns();
  append(0, 1);
  database->fail_store(transient_error("terminating connection"), false);
  database->fail_begin(transient_error("starting up"), 1);
  EXPECT_EQ(turns(), Next::wait_for_database);
  EXPECT_EQ(cycle.backoff_ms(), 0);
  EXPECT_EQ(turns(), Next::wait_for_database);
  EXPECT_LE(cycle.backoff_ms(), 500);
}

TEST_F(DrainTest, AWrongDsnAtTheStartStops) {
  database->fail_begin(configuration_error("password authentication failed"));
  EXPECT_EQ(turns(), Next::stop);
  ASSERT_TRUE(cycle.failure());
  EXPECT_EQ(cycle.failure()->exit_code(), 2);
}

TEST_F(DrainTest, APasswordThatChangesLaterIsWaitedFor) {
  turns();
  append(0, 1);
  database->fail_store(transient_error("gone"), false);
  database->fail_begin(configuration_error("password authentication failed"));
  EXPECT_EQ(turns(), Next::wait_for_database);
  EXPECT_EQ(turns(), Next::wait_for_database);
  EXPECT_EQ(turns(), Next::wait_for_records);
  EXPECT_THAT(database->rows(), SizeIs(1));
}

TEST_F(DrainTest, AnotherStoresDatabaseStops) {
  database->fail_begin(operator_error("belongs to another store"));
  EXPECT_EQ(turns(), Next::stop);
  EXPECT_EQ(cycle.failure()->exit_code(), 4);
}

TEST_F(DrainTest, AnOffsetBeyondTheLogStops) {
  durable_log::Position beyond = append(0, 1);
  for (const std::string& segment : {beyond.segment, std::string("000000000002-000001.log")}) {
    beyond.segment = segment;
    ++beyond.offset;
    database->set_stored(beyond);
    DrainCycle fresh{folder, {kStore, 1}, Census(), sink};
    EXPECT_EQ(fresh.turn(log.position()), Next::stop);
    EXPECT_EQ(fresh.failure()->exit_code(), 4);
  }
}

TEST_F(DrainTest, CountsWhatEarlierLivesStored) {
  Census census;
  const durable_log::Position old = append(0, 1);
  census.add(old);
  census.add(append(1, 2));
  log = *durable_log::Writer::create(folder, kStore, 2, 0);
  append(2, 5);
  database->set_stored(old);
  DrainCycle fresh{folder, {kStore, 2}, census, sink};
  EXPECT_EQ(fresh.turn(log.position()), Next::again);
  EXPECT_EQ(fresh.stored_total(), 1u);
  while (fresh.turn(log.position()) == Next::again) {
  }
  EXPECT_EQ(fresh.stored_total(), 5u);
}

TEST_F(DrainTest, TheThreadStoresWhatBecomesDurableAndSaysSo) {
  std::mutex mutex;
  std::condition_variable changed;
  Drain drain({folder, {kStore, 1}, Census(), log.position(), [&] { changed.notify_all(); }},
              std::make_unique<FakeSink>(database));
  drain.advance(append(0, 10));
  std::unique_lock lock(mutex);
  while (drain.state().stored_total < 10) {
    changed.wait_for(lock, std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(drain.state().reached);
  EXPECT_THAT(database->rows(), SizeIs(10));
  drain.stop();
  while (!drain.stopped()) std::this_thread::yield();
}

}  // namespace
}  // namespace mendel::results_writer
