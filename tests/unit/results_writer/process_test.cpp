#include "stages/results_writer/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>
#include <fstream>

#include "shared/store/epoch.hpp"
#include "tests/support/file_size_limit.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/unit/results_writer/fake_sink.hpp"
#include "tests/unit/results_writer/scores.hpp"

namespace mendel::results_writer {
namespace {

using runtime::Edge;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The stage as the runtime drives it, on a clock of its own, over a real log and a fake database.
struct ProcessTest : ::testing::Test {
  testing::ScratchFolder scratch;
  store::Store folder = *store::Store::create(scratch.file("store"), kNsPerSecond);
  std::shared_ptr<FakeDatabase> database = std::make_shared<FakeDatabase>();
  Now now{kNsPerSecond, 1'700'000'000 * kNsPerSecond};
  std::uint64_t log_bytes_max = kLogBytesMaxDefault;
  store::DiskSpace disk{100'000'000'000, 50'000'000'000};
  std::unique_ptr<runtime::Stage> stage;

  void start() {
    ProcessOptions options;
    options.log_bytes_max = log_bytes_max;
    options.free_bytes_min = 1'000'000'000;
    options.look_at_disk = [this](const std::string&) { return disk; };
    options.open_sink = [this]() -> Result<std::unique_ptr<ResultSink>> {
      return std::unique_ptr<ResultSink>(std::make_unique<FakeSink>(database));
    };
    stage = make_process(folder, options);
    for (int i = 0; i < 4; ++i) turn();
  }
  std::vector<wire::Recorded> turn(std::int64_t ms = 1) {
    now.monotonic_ns += ms * kNsPerMs;
    now.wall_ns += ms * kNsPerMs;
    runtime::Outbox out;
    stage->work(now, out);
    std::vector<wire::Recorded> messages;
    for (runtime::Outgoing& outgoing : out.messages()) {
      EXPECT_EQ(outgoing.edge, Edge::recorded);
      EXPECT_EQ(outgoing.topic, "recorded.");
      messages.push_back(std::get<wire::Recorded>(outgoing.message));
    }
    return messages;
  }
  void receive(Edge edge, wire::Message message) {
    runtime::Outbox out;
    stage->receive({edge, "", std::move(message)}, now, out);
  }
  // Waits for the drain's thread as the runtime does, by the wake descriptor.
  template <class Condition>
  void wait_until(Condition condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) {
      pollfd wake{stage->wake_descriptors().front(), POLLIN, 0};
      ::poll(&wake, 1, 10);
      turn(0);
    }
    EXPECT_TRUE(condition());
  }
  double sample(const std::string& name) const {
    std::vector<wire::Sample> samples;
    stage->samples(samples);
    for (const wire::Sample& sample : samples) {
      if (sample.name == name) return sample.value;
    }
    ADD_FAILURE() << "no sample " << name;
    return -1;
  }
};

TEST_F(ProcessTest, RecordsPublishesAndStores) {
  start();
  receive(Edge::scores, batch({score(1), score(2)}));
  const auto messages = turn();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_THAT(messages[0].scores, SizeIs(2));
  EXPECT_EQ(messages[0].epoch, 1u);
  wait_until([&] { return database->rows().size() == 2; });
  wait_until([&] { return sample("stored_total") == 2; });
  EXPECT_EQ(sample("scores_recorded_total"), 2);
  EXPECT_EQ(sample("epoch"), 1);
  EXPECT_EQ(sample("pool_in_use"), 1);
  EXPECT_TRUE(stage->readiness().ready) << stage->readiness().reason;
}

TEST_F(ProcessTest, AnotherLifeRemembersAndAnswersAQuery) {
  start();
  receive(Edge::scores, batch({score(1)}));
  receive(Edge::records, run_record("running"));
  turn();
  start();
  receive(Edge::queries, query("q", {key(1), key(2)}, {"run.RUN.running"}));
  const auto messages = turn();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].query_id, "q");
  EXPECT_EQ(messages[0].epoch, 2u);
  ASSERT_THAT(messages[0].scores, SizeIs(1));
  EXPECT_EQ(messages[0].scores[0].rows[0].metrics.get(market::Metric::sharpe_ratio), 1.5);
  EXPECT_THAT(messages[0].missing_keys, ElementsAre(key(2)));
  EXPECT_THAT(messages[0].record_ids, SizeIs(1));
  EXPECT_EQ(messages[0].records_total, 2u);
  wait_until([&] { return sample("stored_total") == 2; });
  EXPECT_THAT(database->rows(), SizeIs(2));
}

TEST_F(ProcessTest, TakesNothingIntoAStoreThatIsThereNoMore) {
  start();
  EXPECT_TRUE(stage->wants(Edge::scores));
  std::filesystem::rename(folder.path() + "/store.id", folder.path() + "/away");
  turn(10'000);
  EXPECT_FALSE(stage->wants(Edge::scores));
  EXPECT_FALSE(stage->wants(Edge::records));
  EXPECT_TRUE(stage->wants(Edge::queries));
  EXPECT_THAT(stage->readiness().reason, HasSubstr("the store is there no more"));
  std::filesystem::rename(folder.path() + "/away", folder.path() + "/store.id");
  turn(1'000);
  EXPECT_TRUE(stage->wants(Edge::scores));
}

TEST_F(ProcessTest, TakesNoMoreASecondAfterItIsAskedToStop) {
  start();
  runtime::Outbox out;
  stage->stop(now, out);
  turn(500);
  EXPECT_TRUE(stage->wants(Edge::scores)) << "what is on its way is still recorded";
  turn(600);
  for (const Edge edge : {Edge::scores, Edge::records, Edge::queries})
    EXPECT_FALSE(stage->wants(edge)) << "else a busy run keeps it from ever being drained";
}

TEST_F(ProcessTest, RecordingGoesOnWhileTheDatabaseIsAway) {
  database->fail_begin(transient_error("connection refused"), 100);
  start();
  receive(Edge::scores, batch({score(1)}));
  EXPECT_THAT(turn()[0].scores, SizeIs(1));
  wait_until([&] { return !stage->readiness().reason.starts_with("connecting"); });
  EXPECT_FALSE(stage->readiness().ready);
  EXPECT_THAT(stage->readiness().reason, HasSubstr("database away: connection refused"));
  EXPECT_TRUE(stage->wants(Edge::scores));
  EXPECT_EQ(stage->failure(), nullptr);
  EXPECT_TRUE(stage->drained());
}

TEST_F(ProcessTest, AWrongDsnEndsTheStageWithExitCode2) {
  database->fail_begin(configuration_error("password authentication failed"));
  start();
  wait_until([&] { return stage->failure() != nullptr; });
  EXPECT_EQ(stage->failure()->exit_code(), 2);
}

TEST_F(ProcessTest, AFullLogIsBackPressureOnScoresOnly) {
  log_bytes_max = 100;
  database->fail_begin(transient_error("connection refused"), 100);
  start();
  EXPECT_TRUE(stage->wants(Edge::scores));
  receive(Edge::scores, batch({score(1)}));
  turn(1000);
  EXPECT_FALSE(stage->wants(Edge::scores));
  EXPECT_TRUE(stage->wants(Edge::records));
  EXPECT_TRUE(stage->wants(Edge::queries));
  EXPECT_THAT(stage->readiness().reason, HasSubstr("log_bytes_max"));
  database->heal();
  wait_until([&] { return database->rows().size() == 1; });
  wait_until([&] { return turn(1000), stage->wants(Edge::scores); });
}

TEST_F(ProcessTest, ADiskThatIsNearlyFullIsBackPressureAndLosesNothing) {
  start();
  receive(Edge::scores, batch({score(1)}));
  disk.free_bytes = 999'999'999;
  EXPECT_THAT(turn(1000)[0].scores, SizeIs(1)) << "what was taken is recorded";
  EXPECT_FALSE(stage->wants(Edge::scores));
  EXPECT_FALSE(stage->wants(Edge::records));
  EXPECT_TRUE(stage->wants(Edge::queries));
  EXPECT_THAT(stage->readiness().reason, HasSubstr("less than free_bytes_min"));
  EXPECT_EQ(sample("store_free_bytes"), 999'999'999);
  EXPECT_EQ(stage->failure(), nullptr);
  disk.free_bytes = 1'000'000'000;
  turn(1000);
  EXPECT_TRUE(stage->wants(Edge::scores));
  EXPECT_TRUE(stage->wants(Edge::records));
}

TEST_F(ProcessTest, ALivingOwnerMakesItAStandbyThatTakesOverWhenReleased) {
  auto other = store::Epoch::take(folder, "results_writer", now);
  ASSERT_TRUE(other);
  start();
  EXPECT_FALSE(stage->wants(Edge::scores));
  EXPECT_FALSE(stage->readiness().ready);
  EXPECT_THAT(stage->readiness().reason, HasSubstr("living owner: epoch 1, held by host"));
  EXPECT_EQ(stage->failure(), nullptr);
  other->release();
  for (int i = 0; i < 4; ++i) turn(500);
  EXPECT_TRUE(stage->wants(Edge::scores));
  EXPECT_EQ(sample("epoch"), 2);
}

TEST_F(ProcessTest, SupersededItPublishesNothingMore) {
  start();
  // Someone declared it dead.
  std::ofstream(folder.path() + "/epochs/results_writer/000000000001.released");
  auto other = store::Epoch::take(folder, "results_writer", now);
  ASSERT_TRUE(other);
  receive(Edge::scores, batch({score(1)}));
  EXPECT_THAT(turn(1000), IsEmpty());
  EXPECT_FALSE(stage->wants(Edge::scores));
  EXPECT_THAT(stage->readiness().reason, HasSubstr("superseded: epoch 2, held by host"));
  EXPECT_THAT(turn(1000), IsEmpty());
}

TEST_F(ProcessTest, SaysNothingOfWhatItWroteWhileASuccessorTookOver) {
  start();
  turn(1000);
  std::ofstream(folder.path() + "/epochs/results_writer/000000000001.released");
  ASSERT_TRUE(store::Epoch::take(folder, "results_writer", now));
  receive(Edge::scores, batch({score(1)}));
  // Too soon for the look before the append; the append itself takes as long as it likes.
  for (const auto& message : turn(1)) EXPECT_THAT(message.scores, IsEmpty());
  turn(1000);
  EXPECT_THAT(stage->readiness().reason, HasSubstr("superseded: epoch 2"));
}

TEST_F(ProcessTest, PublishesNothingUntilTheAppendSucceeds) {
  start();
  receive(Edge::scores, batch({score(1)}));
  {
    const testing::FileSizeLimit full(durable_log::kHeaderBytes + 10);
    EXPECT_THAT(turn(), IsEmpty());
    EXPECT_FALSE(stage->wants(Edge::scores));
    EXPECT_FALSE(stage->wants(Edge::records));
    EXPECT_THAT(stage->readiness().reason, HasSubstr("cannot append to the log"));
    receive(Edge::queries, query("q", {key(1)}));
    const auto messages = turn();
    ASSERT_THAT(messages, SizeIs(1));
    EXPECT_THAT(messages[0].scores, IsEmpty());
    EXPECT_THAT(messages[0].missing_keys, ElementsAre(key(1)));
    EXPECT_TRUE(stage->drained()) << "it cannot wait for a disk for ever";
  }
  const auto messages = turn(1000);
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_THAT(messages[0].scores, SizeIs(1));
  EXPECT_TRUE(stage->wants(Edge::scores));
}

TEST_F(ProcessTest, SaysItsEpochToWhomeverJoinsAndOnceASecond) {
  start();
  EXPECT_THAT(turn(), IsEmpty());
  runtime::Outbox out;
  stage->subscription(Edge::recorded, "recorded.", true, now, out);
  ASSERT_THAT(turn(), SizeIs(1));
  EXPECT_THAT(turn(), IsEmpty());
  EXPECT_THAT(turn(1000), SizeIs(1));
}

TEST_F(ProcessTest, StopsWhenEverythingIsStored) {
  start();
  // Nobody waits for a database that has not answered yet.
  receive(Edge::scores, batch({score(0)}));
  turn();
  wait_until([&] { return database->rows().size() == 1; });
  receive(Edge::scores, batch({score(1)}));
  runtime::Outbox out;
  stage->stop(now, out);
  EXPECT_FALSE(stage->drained());
  turn();
  wait_until([&] { return stage->drained(); });
  EXPECT_THAT(database->rows(), SizeIs(2));
}

TEST_F(ProcessTest, AnEndedStageLetsTheNextBeginAtOnce) {
  start();
  stage.reset();
  EXPECT_TRUE(store::Epoch::take(folder, "results_writer", now));
}

TEST_F(ProcessTest, CorruptionIsSurvivedAndTheRestRecovered) {
  start();
  for (int i = 0; i < 5; ++i) {
    receive(Edge::scores, batch({score(i)}));
    turn();
  }
  stage.reset();
  const std::string segment = folder.log_path("scores") + "/000000000001-000001.log";
  std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(segment) / 2));
  file.put('\x55');
  file.close();
  start();
  receive(Edge::queries, query("q", {key(0), key(1), key(2), key(3), key(4)}));
  const auto messages = turn();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_THAT(messages[0].scores, SizeIs(4));
  EXPECT_THAT(messages[0].missing_keys, SizeIs(1));
  wait_until([&] { return sample("stored_total") == 4; });
  EXPECT_EQ(sample("corrupt_records_total"), 1);
  EXPECT_TRUE(stage->readiness().ready);
  EXPECT_THAT(stage->readiness().reason, HasSubstr("1 records of the log scores are damaged"));
  std::ifstream audit(folder.path() + "/audit.log");
  std::string line;
  ASSERT_TRUE(std::getline(audit, line));
  EXPECT_THAT(line, HasSubstr("\"action\":\"corruption\",\"log\":\"scores\""));
  EXPECT_FALSE(std::getline(audit, line)) << "once";
}

}  // namespace
}  // namespace mendel::results_writer
