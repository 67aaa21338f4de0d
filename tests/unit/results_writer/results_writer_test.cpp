#include "stages/results_writer/results_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/unit/results_writer/scores.hpp"

namespace mendel::results_writer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kSegment = "000000000007-000001.log";

// The core with a log in memory.
struct ResultsWriterTest : ::testing::Test {
  ResultsWriter core{7};
  std::map<std::uint64_t, durable_log::Record> log;
  std::uint64_t end = durable_log::kHeaderBytes;

  void commit() {
    const auto records = core.next_commit();
    for (const durable_log::Record& record : records) {
      log[end] = record;
      end += durable_log::kRecordHeaderBytes + record.payload.size();
    }
    core.committed({kSegment, end});
  }
  void look_up() {
    for (const Lookup& lookup : core.take_lookups(1000)) {
      const auto record = log.find(lookup.place.offset);
      if (record == log.end()) {
        core.unreadable(lookup);
        continue;
      }
      auto message = wire::decode(record->second.payload);
      ASSERT_TRUE(message);
      core.found(lookup, std::get<wire::ScoreBatch>(*message).scores.front());
    }
  }
  std::vector<wire::Recorded> turn() {
    while (!core.next_commit().empty()) commit();
    look_up();
    return core.flush(0, false);
  }
};

TEST_F(ResultsWriterTest, SaysNothingBeforeTheAppendSucceeded) {
  core.receive(batch({score(1)}));
  core.receive(run_record("running"));
  EXPECT_THAT(core.next_commit(), SizeIs(2));
  EXPECT_THAT(core.flush(0, false), IsEmpty());
  const auto notice = core.flush(0, true);
  ASSERT_THAT(notice, SizeIs(1));
  EXPECT_THAT(notice[0].scores, IsEmpty());
  EXPECT_THAT(notice[0].record_ids, IsEmpty());
  EXPECT_EQ(notice[0].records_total, 0u);
}

TEST_F(ResultsWriterTest, PublishesWhatWasAppendedWithEpochAndSequence) {
  core.receive(batch({score(1), score(2)}));
  core.receive(run_record("running"));
  const auto first = turn();
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].epoch, 7u);
  EXPECT_EQ(first[0].sequence, 1u);
  ASSERT_THAT(first[0].scores, SizeIs(2));
  EXPECT_EQ(first[0].scores[0].key, key(1));
  EXPECT_EQ(first[0].scores[1].rows[0].metrics.get(market::Metric::sharpe_ratio), 1.5);
  EXPECT_THAT(first[0].record_ids, ElementsAre("run.RUN.running"));
  EXPECT_EQ(first[0].records_total, 3u);
  EXPECT_EQ(first[0].query_id, "");
  core.receive(batch({score(3)}));
  EXPECT_EQ(turn()[0].sequence, 2u);
}

TEST_F(ResultsWriterTest, EachScoreIsARecordOfItsOwn) {
  core.receive(batch({score(1), score(2)}));
  const auto records = core.next_commit();
  ASSERT_THAT(records, SizeIs(2));
  for (const durable_log::Record& record : records) {
    EXPECT_EQ(record.kind, static_cast<std::uint8_t>(wire::Kind::score_batch));
    const auto message = wire::decode(record.payload);
    ASSERT_TRUE(message);
    EXPECT_EQ(std::get<wire::ScoreBatch>(*message).evaluator, "evaluator");
    EXPECT_THAT(std::get<wire::ScoreBatch>(*message).scores, SizeIs(1));
  }
}

TEST_F(ResultsWriterTest, AResendIsAnsweredAgainAndRecordedOnce) {
  core.receive(batch({score(1)}));
  core.receive(run_record("running"));
  turn();
  core.receive(batch({score(1), score(1)}));
  core.receive(run_record("running"));
  EXPECT_THAT(core.next_commit(), IsEmpty());
  const auto again = turn();
  ASSERT_THAT(again, SizeIs(1));
  ASSERT_THAT(again[0].scores, SizeIs(1));
  EXPECT_EQ(again[0].scores[0].key, key(1));
  EXPECT_THAT(again[0].record_ids, ElementsAre("run.RUN.running"));
  EXPECT_EQ(core.records_total(), 2u);
  EXPECT_EQ(core.counters().duplicates, 3u);
  EXPECT_EQ(core.counters().mismatches, 0u);
}

TEST_F(ResultsWriterTest, AResendBeforeTheCommitIsAnsweredOnce) {
  core.receive(batch({score(1)}));
  core.receive(batch({score(1)}));
  const auto messages = turn();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_THAT(messages[0].scores, SizeIs(1));
  EXPECT_THAT(log, SizeIs(1));
}

TEST_F(ResultsWriterTest, TheFirstScoreStaysWhenAnotherComesForItsKey) {
  core.receive(batch({score(1, 1.5)}));
  turn();
  core.receive(batch({score(1, 1.5000000000000002)}));
  const auto again = turn();
  EXPECT_EQ(again[0].scores[0].rows[0].metrics.get(market::Metric::sharpe_ratio), 1.5);
  EXPECT_EQ(core.counters().mismatches, 1u);
  EXPECT_THAT(core.take_complaints(), ElementsAre(HasSubstr(key(1).hex())));
  EXPECT_THAT(core.take_complaints(), IsEmpty());
}

TEST_F(ResultsWriterTest, TheSameScoreForAnotherRunIsNoMismatch) {
  core.receive(batch({score(1)}));
  turn();
  wire::Score other = score(1);
  other.run = "OTHER";
  other.generation = 9;
  core.receive(batch({other}));
  EXPECT_EQ(turn()[0].scores[0].run, "RUN");
  EXPECT_EQ(core.counters().mismatches, 0u);
}

TEST_F(ResultsWriterTest, AQueryGetsTheScoresFoundAndTheKeysMissing) {
  core.receive(batch({score(1)}));
  core.receive(run_record("running"));
  turn();
  core.receive(query("q1", {key(1), key(2)}, {"run.RUN.running", "verdict.RUN"}));
  const auto answer = turn();
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_EQ(answer[0].query_id, "q1");
  ASSERT_THAT(answer[0].scores, SizeIs(1));
  EXPECT_EQ(answer[0].scores[0].key, key(1));
  EXPECT_THAT(answer[0].missing_keys, ElementsAre(key(2)));
  EXPECT_THAT(answer[0].record_ids, ElementsAre("run.RUN.running"));
  EXPECT_THAT(answer[0].missing_record_ids, ElementsAre("verdict.RUN"));
}

TEST_F(ResultsWriterTest, WhatIsNotDurableYetIsMissing) {
  core.receive(batch({score(1)}));
  core.receive(run_record("running"));
  core.receive(query("q1", {key(1)}, {"run.RUN.running"}));
  look_up();  // the append failed
  const auto answer = core.flush(0, false);
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_THAT(answer[0].missing_keys, ElementsAre(key(1)));
  EXPECT_THAT(answer[0].missing_record_ids, ElementsAre("run.RUN.running"));
}

TEST_F(ResultsWriterTest, AnEmptyQueryIsAnswered) {
  core.receive(query("q1", {}));
  const auto answer = turn();
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_EQ(answer[0].query_id, "q1");
}

TEST_F(ResultsWriterTest, WhatCouldNotBeAppendedIsHandedOutAgain) {
  core.receive(batch({score(1)}));
  const std::string payload = core.next_commit().front().payload;
  core.receive(batch({score(2)}));
  const auto again = core.next_commit();
  ASSERT_THAT(again, SizeIs(2));
  EXPECT_EQ(again[0].payload, payload);
  EXPECT_THAT(turn()[0].scores, SizeIs(2));
  EXPECT_EQ(core.pending_bytes(), 0u);
}

TEST_F(ResultsWriterTest, ACommitAndItsMessagesAreBounded) {
  std::vector<wire::Score> scores;
  for (int i = 0; i < 10'000; ++i) scores.push_back(score(i));
  core.receive(batch(scores));
  EXPECT_THAT(core.next_commit(), SizeIs(kCommitRecordsMax));
  const auto messages = turn();
  std::size_t count = 0;
  for (const wire::Recorded& message : messages) {
    EXPECT_LE(message.scores.size(), kRecordedScoresMax);
    EXPECT_LE(wire::encode(message).size(), wire::kFrameBytesMax);
    count += message.scores.size();
  }
  EXPECT_EQ(count, 10'000u);
  EXPECT_THAT(messages, SizeIs(10));
}

TEST_F(ResultsWriterTest, AnAnswerOfMissingKeysIsSplit) {
  std::vector<Digest> keys;
  for (int i = 0; i < 20'000; ++i) keys.push_back(key(i));
  core.receive(query("q1", keys));
  const auto messages = turn();
  ASSERT_THAT(messages, SizeIs(3));
  for (const wire::Recorded& message : messages) EXPECT_EQ(message.query_id, "q1");
}

TEST_F(ResultsWriterTest, AnswersToManyLookupsComeInParts) {
  core.receive(batch({score(1), score(2), score(3)}));
  turn();
  core.receive(query("q1", {key(1), key(2), key(3)}));
  EXPECT_THAT(core.take_lookups(2), SizeIs(2));
  EXPECT_THAT(core.take_lookups(2), SizeIs(1));
  EXPECT_THAT(core.take_lookups(2), IsEmpty());
}

TEST_F(ResultsWriterTest, RemembersWhatTheLogHeldBeforeThisLife) {
  core.receive(batch({score(1)}));
  core.receive(run_record("running"));
  turn();
  ResultsWriter next(8);
  std::uint64_t sequence = 0;
  for (const auto& [offset, record] : log) {
    next.restore({record, ++sequence, {kSegment, offset}, {}});
  }
  EXPECT_EQ(next.records_total(), 2u);
  core = std::move(next);
  core.receive(batch({score(1)}));
  core.receive(run_record("running"));
  EXPECT_THAT(core.next_commit(), IsEmpty());
  const auto messages = turn();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(messages[0].epoch, 8u);
  EXPECT_THAT(messages[0].scores, SizeIs(1));
  EXPECT_THAT(messages[0].record_ids, SizeIs(1));
}

TEST_F(ResultsWriterTest, ALogRecordThatIsNoFrameIsCountedAndSkipped) {
  core.restore({{7, "not a frame"}, 1, {kSegment, 66}, {}});
  EXPECT_EQ(core.counters().unreadable, 1u);
  EXPECT_THAT(core.take_complaints(), ElementsAre(HasSubstr(kSegment)));
}

TEST_F(ResultsWriterTest, AScoreWhoseRecordIsGoneCanBeRecordedAnew) {
  core.receive(batch({score(1)}));
  turn();
  log.clear();
  core.receive(query("q1", {key(1)}));
  EXPECT_THAT(turn()[0].missing_keys, ElementsAre(key(1)));
  core.receive(batch({score(1)}));
  EXPECT_THAT(core.next_commit(), SizeIs(1));
  EXPECT_THAT(turn()[0].scores, SizeIs(1));
}

TEST_F(ResultsWriterTest, RefusesNamesAndScoresAboveTheirLimits) {
  const std::string name(kIdBytesMax + 1, 'x');
  core.receive(query(name, {}));
  core.receive(query("q", {}, {name}));
  wire::RunRecord record = run_record("running");
  record.record_id = name;
  core.receive(record);
  wire::Score large = score(1);
  large.rows[0].symbol = std::string(kScoreBytesMax, 'x');
  core.receive(batch({large}));
  EXPECT_THAT(turn(), IsEmpty());
  EXPECT_EQ(core.counters().refused, 4u);
}

TEST_F(ResultsWriterTest, IgnoresOtherMessages) {
  core.receive(wire::Credit{});
  EXPECT_THAT(turn(), IsEmpty());
}

}  // namespace
}  // namespace mendel::results_writer
