#include "stages/evaluator/evaluator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <variant>

namespace mendel::evaluator {
namespace {

Digest key_of(std::size_t number) { return sha256(std::to_string(number)); }

wire::CandidateBatch batch_of(std::uint64_t sequence, std::size_t candidates) {
  wire::CandidateBatch batch;
  batch.run = "run";
  batch.target = "me";
  batch.engine_version = 7;
  batch.sequence = sequence;
  for (std::size_t i = 0; i < candidates; ++i) {
    batch.candidates.push_back({key_of(sequence * 10'000 + i), {}});
  }
  return batch;
}

class EvaluatorTest : public testing::Test {
 protected:
  EvaluatorTest() { tick(); }

  // Moves time by a little and returns what is due.
  void tick(std::int64_t ms = 1) {
    now_.monotonic_ns += ms * kNsPerMs;
    core_.hello(now_, out_);
  }

  std::vector<wire::Credit> credits() { return take<wire::Credit>(); }
  std::vector<wire::ScoreBatch> scores() { return take<wire::ScoreBatch>(); }

  template <class Kind>
  std::vector<Kind> take() {
    std::vector<Kind> taken;
    for (runtime::Outgoing& sent : out_.messages()) {
      if (auto* message = std::get_if<Kind>(&sent.message)) taken.push_back(*message);
    }
    std::erase_if(out_.messages(), [](const runtime::Outgoing& sent) {
      return std::holds_alternative<Kind>(sent.message);
    });
    return taken;
  }

  static Done done(const Work& work) {
    Done result{work.ticket, work.first, work.count, {}, "", 3 * kNsPerMs};
    for (std::size_t i = 0; i < work.count; ++i) {
      wire::Score score;
      score.key = work.batch->candidates[work.first + i].key;
      result.scores.push_back(std::move(score));
    }
    return result;
  }

  std::vector<Work> all_work() {
    std::vector<Work> all;
    while (auto work = core_.next_work(now_)) all.push_back(*work);
    return all;
  }

  // With threads enough that every candidate of a small batch is a piece of work.
  Evaluator core_{{"me", "host", 1, 7, "abc", 5}};
  runtime::Outbox out_;
  Now now_;
};

TEST_F(EvaluatorTest, SaysHelloAtOnceAndThenEvery200Ms) {
  const std::vector<wire::Credit> first = credits();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].incarnation, "me");
  EXPECT_EQ(first[0].engine_version, 7u);
  EXPECT_EQ(first[0].self_test_digest, "abc");
  EXPECT_EQ(first[0].capacity, kBatchesHeldMax);
  tick(199);
  EXPECT_TRUE(credits().empty());
  tick(1);
  EXPECT_EQ(credits().size(), 1u);
}

TEST_F(EvaluatorTest, ScoresABatchInItsOrderAndSaysSoAtOnce) {
  credits();
  EXPECT_EQ(core_.receive(batch_of(1, 5)), "");
  std::vector<Work> work = all_work();
  ASSERT_EQ(work.size(), 5u);
  std::reverse(work.begin(), work.end());
  for (const Work& piece : work) {
    EXPECT_TRUE(scores().empty());
    core_.finished(done(piece), now_, out_);
  }
  const std::vector<wire::ScoreBatch> sent = scores();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].evaluator, "me");
  ASSERT_EQ(sent[0].scores.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(sent[0].scores[i].key, key_of(10'000 + i));
  const std::vector<wire::Credit> after = credits();
  ASSERT_EQ(after.size(), 1u);
  EXPECT_TRUE(after[0].held.empty());
  EXPECT_EQ(after[0].received_through, 1u);
  EXPECT_DOUBLE_EQ(after[0].candidate_ms, 3 / 5.0);
}

TEST_F(EvaluatorTest, MeasuresWhatIsComputedInDetailByItself) {
  wire::CandidateBatch detailed = batch_of(2, 1);
  detailed.detail = wire::kDetailDailyBlocks;
  credits();
  core_.receive(batch_of(1, 1));
  core_.receive(detailed);
  for (const Work& piece : all_work()) {
    Done result = done(piece);
    if (piece.batch->detail != wire::kDetailNone) result.elapsed_ns *= 50;
    core_.finished(std::move(result), now_, out_);
  }
  const std::vector<wire::Credit> told = credits();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].detailed_ms, 0) << "not yet known";
  EXPECT_DOUBLE_EQ(told[1].candidate_ms, 3 / 5.0);
  EXPECT_DOUBLE_EQ(told[1].detailed_ms, 150 / 5.0);
}

TEST_F(EvaluatorTest, TellsWhatItHoldsAndHowFarItIs) {
  core_.receive(batch_of(4, 2));
  core_.receive(batch_of(5, 2));
  core_.progress(17);
  credits();
  tick(200);
  const wire::Credit credit = credits().at(0);
  EXPECT_EQ(credit.held, (std::vector<std::uint64_t>{4, 5}));
  EXPECT_EQ(credit.received_through, 5u);
  EXPECT_EQ(credit.progress, 17u);
}

TEST_F(EvaluatorTest, DropsWhatIsNotForThisProcessOrItsEngine) {
  wire::CandidateBatch other = batch_of(1, 1);
  other.target = "you";
  EXPECT_NE(core_.receive(other), "");
  other = batch_of(1, 1);
  other.engine_version = 8;
  EXPECT_NE(core_.receive(other), "");
  EXPECT_NE(core_.receive(batch_of(1, 0)), "");
  EXPECT_EQ(core_.held(), 0u);
  EXPECT_EQ(core_.dropped_batches(), 3u);
}

TEST_F(EvaluatorTest, HoldsNoMoreThanItsCapacityAndDoesNotCallTheRestReceived) {
  for (std::uint64_t i = 1; i <= kBatchesHeldMax; ++i) EXPECT_EQ(core_.receive(batch_of(i, 1)), "");
  EXPECT_NE(core_.receive(batch_of(9, 1)), "");
  EXPECT_EQ(core_.held(), kBatchesHeldMax);
  credits();
  tick(200);
  EXPECT_EQ(credits().at(0).received_through, kBatchesHeldMax);
}

TEST_F(EvaluatorTest, ABatchThatArrivesTwiceIsComputedOnce) {
  EXPECT_EQ(core_.receive(batch_of(1, 3)), "");
  EXPECT_EQ(core_.receive(batch_of(1, 3)), "");
  EXPECT_EQ(core_.held(), 1u);
  EXPECT_EQ(all_work().size(), 3u);
}

TEST_F(EvaluatorTest, AnotherBatchUnderAHeldNumberReplacesIt) {
  core_.receive(batch_of(1, 3));
  const std::vector<Work> old_work = all_work();
  wire::CandidateBatch other = batch_of(1, 2);
  other.run = "another";
  EXPECT_EQ(core_.receive(other), "");
  for (const Work& work : old_work) core_.finished(done(work), now_, out_);
  EXPECT_TRUE(scores().empty());
  EXPECT_EQ(all_work().size(), 2u);
}

TEST_F(EvaluatorTest, WorkThatIsNotReadyIsTriedAgainLaterAndSaysWhy) {
  core_.receive(batch_of(1, 1));
  const Work work = *core_.next_work(now_);
  Done result{work.ticket, work.first, work.count, {}, "dataset not visible yet", 0};
  core_.finished(result, now_, out_);
  EXPECT_FALSE(core_.next_work(now_));
  credits();
  tick(1);
  EXPECT_EQ(credits().at(0).blocked, "dataset not visible yet");
  tick(500);
  const auto again = core_.next_work(now_);
  ASSERT_TRUE(again);
  core_.finished(done(*again), now_, out_);
  EXPECT_EQ(scores().size(), 1u);
  EXPECT_EQ(core_.blocked(now_), "");
}

TEST_F(EvaluatorTest, ComputesNoMoreWhileScoresAreNotTaken) {
  core_.receive(batch_of(1, 1));
  core_.backlog(kScoresBacklogMax);
  EXPECT_FALSE(core_.next_work(now_));
  credits();
  tick(1);
  EXPECT_EQ(credits().at(0).blocked, "scores are not taken");
  core_.backlog(0);
  EXPECT_TRUE(core_.next_work(now_));
}

TEST_F(EvaluatorTest, ComputesNothingWhileItIsHindered) {
  core_.hinder("waiting for the store");
  core_.receive(batch_of(1, 1));
  EXPECT_FALSE(core_.next_work(now_));
  credits();
  tick(1);
  EXPECT_EQ(credits().at(0).blocked, "waiting for the store");
}

TEST_F(EvaluatorTest, StoppingDropsWhatIsHeldAndSaysGoodBye) {
  core_.receive(batch_of(1, 2));
  const std::vector<Work> work = all_work();
  credits();
  core_.stop(now_, out_);
  const std::vector<wire::Credit> last = credits();
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last[0].capacity, 0u);
  EXPECT_TRUE(last[0].held.empty());
  core_.finished(done(work[0]), now_, out_);
  EXPECT_NE(core_.receive(batch_of(2, 1)), "");
  tick(1000);
  EXPECT_TRUE(out_.messages().empty());
}

TEST_F(EvaluatorTest, CutsScoresIntoBatchesThatFitAFrame) {
  core_.receive(batch_of(1, 3));
  for (const Work& work : all_work()) {
    Done result = done(work);
    result.scores[0].rows.resize(kScoreRowsMax / 2 + 1);
    core_.finished(std::move(result), now_, out_);
  }
  EXPECT_EQ(scores().size(), 3u);
}

TEST_F(EvaluatorTest, CandidatesThatWereRefusedLeaveNoScore) {
  core_.receive(batch_of(1, 1));
  Done result = done(*core_.next_work(now_));
  result.scores.clear();
  core_.finished(std::move(result), now_, out_);
  EXPECT_TRUE(scores().empty());
  EXPECT_EQ(core_.held(), 0u);
}

TEST(EvaluatorWork, IsCutSoThatAllThreadsShareABatch) {
  Evaluator core({"me", "host", 1, 7, "", 4});
  core.receive(batch_of(1, 160));
  std::size_t candidates = 0;
  std::size_t pieces = 0;
  while (auto work = core.next_work({})) {
    EXPECT_EQ(work->first, candidates);
    candidates += work->count;
    ++pieces;
  }
  EXPECT_EQ(candidates, 160u);
  EXPECT_EQ(pieces, 4u);
}

TEST_F(EvaluatorTest, ThreadsThatHaveWorkAndDoNotMoveHang) {
  core_.receive(batch_of(1, 1));
  core_.moved(0, now_);
  const auto work = core_.next_work(now_);
  ASSERT_TRUE(work);
  const auto pass = [&](std::int64_t seconds) {
    now_.monotonic_ns += seconds * kNsPerSecond;
    core_.moved(0, now_);
  };
  pass(29);
  EXPECT_EQ(core_.stalled(now_), "");
  pass(2);
  EXPECT_EQ(core_.stalled(now_), "the compute threads have not moved for 31 s");
  EXPECT_FALSE(core_.gives_up(now_));
  pass(30);
  EXPECT_TRUE(core_.gives_up(now_));
  core_.moved(1, now_);  // it was only slow
  EXPECT_EQ(core_.stalled(now_), "");
}

TEST_F(EvaluatorTest, ThreadsWithoutWorkDoNotHang) {
  core_.moved(0, now_);
  now_.monotonic_ns += 3600 * kNsPerSecond;
  core_.moved(0, now_);
  EXPECT_EQ(core_.stalled(now_), "");
}

}  // namespace
}  // namespace mendel::evaluator
