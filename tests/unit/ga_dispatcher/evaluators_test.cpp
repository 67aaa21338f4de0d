#include "stages/ga_dispatcher/evaluators.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace mendel::ga_dispatcher {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Now at_ms(std::int64_t ms) { return {ms * kNsPerMs, 0}; }

wire::Credit hello_of(const std::string& incarnation) {
  wire::Credit credit;
  credit.incarnation = incarnation;
  credit.engine_version = 1;
  credit.self_test_digest = "right";
  credit.capacity = 2;
  return credit;
}

class EvaluatorsTest : public ::testing::Test {
 protected:
  void join(const std::string& incarnation) {
    evaluators.subscription("ev." + incarnation + ".", true, at_ms(0));
    evaluators.hello(hello_of(incarnation), at_ms(0));
  }
  std::uint64_t assign(const std::string& incarnation, Now now = at_ms(0)) {
    return evaluators.assign(incarnation, {"run", {sha256("key")}}, now);
  }
  Evaluators evaluators{{1, "right", 1000 * kNsPerMs}};
};

TEST_F(EvaluatorsTest, NeedsBothTheHelloAndTheSubscription) {
  evaluators.hello(hello_of("a"), at_ms(0));
  EXPECT_THAT(evaluators.free(), IsEmpty());
  evaluators.subscription("ev.a.", true, at_ms(0));
  EXPECT_THAT(evaluators.free(), SizeIs(1));
}

TEST_F(EvaluatorsTest, NeverHoldsMoreThanItsCapacity) {
  join("a");
  assign("a");
  assign("a");
  EXPECT_THAT(evaluators.free(), IsEmpty());
}

TEST_F(EvaluatorsTest, APartIsWhatOneDoesOfWhatAllDoTogether) {
  for (const auto& [incarnation, ms] : {std::pair{"a", 1.0}, std::pair{"b", 4.0}}) {
    join(incarnation);
    auto credit = hello_of(incarnation);
    credit.candidate_ms = ms;
    evaluators.hello(credit, at_ms(900));
  }
  evaluators.look(at_ms(950));
  EXPECT_EQ(evaluators.free()[0].part, 0) << "others may come";
  evaluators.look(at_ms(1050));
  ASSERT_THAT(evaluators.free(), SizeIs(2));
  EXPECT_DOUBLE_EQ(evaluators.free()[0].part, 0.8);
  EXPECT_DOUBLE_EQ(evaluators.free()[1].part, 0.2);
  // One that has measured nothing yet is like the others.
  evaluators.subscription("ev.c.", true, at_ms(1100));
  evaluators.hello(hello_of("c"), at_ms(1100));
  evaluators.look(at_ms(2100));
  EXPECT_DOUBLE_EQ(evaluators.free()[0].part, 0.8 * 2 / 3);
  EXPECT_EQ(evaluators.free()[2].part, 0);
}

TEST_F(EvaluatorsTest, ABatchIsDoneWhenItWasReceivedAndIsNoLongerHeld) {
  join("a");
  const auto first = assign("a");
  auto credit = hello_of("a");
  credit.received_through = first;
  credit.held = {first};
  EXPECT_THAT(evaluators.hello(credit, at_ms(10)), IsEmpty());
  credit.held = {};
  const auto released = evaluators.hello(credit, at_ms(20));
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released[0].how, Released::How::settled);
  EXPECT_THAT(released[0].keys, ElementsAre(sha256("key")));
}

TEST_F(EvaluatorsTest, BatchesOfAnEarlierDispatcherTakeRoomAndNumbers) {
  evaluators.subscription("ev.a.", true, at_ms(0));
  auto credit = hello_of("a");
  credit.received_through = 41;
  credit.held = {41};
  evaluators.hello(credit, at_ms(0));
  ASSERT_THAT(evaluators.free(), SizeIs(1));
  EXPECT_EQ(evaluators.free()[0].credits, 1u);
  EXPECT_EQ(assign("a"), 42u);
}

TEST_F(EvaluatorsTest, ABatchThatNeverArrivesIsOverdue) {
  join("a");
  assign("a");
  EXPECT_THAT(evaluators.hello(hello_of("a"), at_ms(500)), IsEmpty());
  const auto released = evaluators.hello(hello_of("a"), at_ms(1100));
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released[0].how, Released::How::overdue);
}

TEST_F(EvaluatorsTest, LeavingLosesWhatItHeld) {
  join("a");
  assign("a");
  EXPECT_THAT(evaluators.subscription("ev.a.", false, at_ms(10)), SizeIs(1));
  EXPECT_EQ(evaluators.compatible(), 0u);
}

TEST_F(EvaluatorsTest, SilenceLosesWhatItHeld) {
  evaluators = Evaluators({1, "right", 60'000 * kNsPerMs});
  join("b");
  assign("b");
  std::vector<Released> released;
  for (int ms = 0; ms <= 2100 && released.empty(); ms += 50) released = evaluators.look(at_ms(ms));
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released[0].how, Released::How::lost);
}

TEST_F(EvaluatorsTest, APauseOfTheDispatcherIsNoSilence) {
  join("a");
  assign("a");
  EXPECT_THAT(evaluators.look(at_ms(10)), IsEmpty());
  EXPECT_THAT(evaluators.look(at_ms(60'000)), IsEmpty());
  EXPECT_EQ(evaluators.compatible(), 1u);
}

TEST_F(EvaluatorsTest, ALeaseRunsOnlyWithoutProgress) {
  join("a");
  auto credit = hello_of("a");
  credit.received_through = assign("a");
  credit.held = {credit.received_through};
  std::size_t released = 0;
  for (int ms = 0; ms < 5000; ms += 200) {
    ++credit.progress;
    evaluators.hello(credit, at_ms(ms));
    released += evaluators.look(at_ms(ms)).size();
  }
  EXPECT_EQ(released, 0u);
  for (int ms = 5000; ms < 7000; ms += 200) {
    evaluators.hello(credit, at_ms(ms));
    released += evaluators.look(at_ms(ms)).size();
  }
  EXPECT_EQ(released, 1u);
  EXPECT_THAT(evaluators.free(), IsEmpty());  // no more work until it moves
  ++credit.progress;
  evaluators.hello(credit, at_ms(7000));
  EXPECT_THAT(evaluators.free(), SizeIs(1));
}

TEST_F(EvaluatorsTest, BeingBlockedPausesTheLease) {
  join("a");
  auto credit = hello_of("a");
  credit.received_through = assign("a");
  credit.held = {credit.received_through};
  credit.blocked = "results_writer takes nothing";
  for (int ms = 0; ms < 20'000; ms += 200) {
    evaluators.hello(credit, at_ms(ms));
    EXPECT_THAT(evaluators.look(at_ms(ms)), IsEmpty());
  }
  EXPECT_THAT(evaluators.free(), IsEmpty());
}

TEST_F(EvaluatorsTest, BeingBlockedOnlyPausesTheLease) {
  join("a");
  auto credit = hello_of("a");
  credit.received_through = assign("a");
  credit.held = {credit.received_through};
  std::vector<Released> released;
  const auto live = [&](int from_ms, int to_ms) {
    for (int ms = from_ms; ms < to_ms && released.empty(); ms += 100) {
      evaluators.hello(credit, at_ms(ms));
      released = evaluators.look(at_ms(ms));
    }
  };
  live(0, 900);
  credit.blocked = "the dataset is not visible";
  live(900, 5000);
  EXPECT_THAT(released, IsEmpty());
  credit.blocked = "";
  live(5000, 5400);  // 900 ms of computing before it was blocked, and a few now
  EXPECT_THAT(released, SizeIs(1));
}

TEST_F(EvaluatorsTest, ALeaseIsAFewTimesTheMeasuredCost) {
  evaluators = Evaluators({1, "right", 60'000 * kNsPerMs});
  evaluators.subscription("ev.a.", true, at_ms(0));
  auto credit = hello_of("a");
  credit.candidate_ms = 250;  // x 1 candidate x 4 = 1 s
  evaluators.hello(credit, at_ms(0));
  credit.received_through = assign("a");
  credit.held = {credit.received_through};
  std::int64_t late_ms = 0;
  for (int ms = 0; ms < 5000 && late_ms == 0; ms += 100) {
    evaluators.hello(credit, at_ms(ms));
    const auto released = evaluators.look(at_ms(ms));
    if (released.empty()) continue;
    EXPECT_EQ(released[0].how, Released::How::late);
    late_ms = ms;
  }
  EXPECT_EQ(late_ms, 1100);
  EXPECT_THAT(evaluators.free(), IsEmpty());
  EXPECT_EQ(evaluators.batches(), 1u);  // it still holds it, and may still be the first
  credit.held = {};
  ++credit.progress;
  const auto done = evaluators.hello(credit, at_ms(3000));
  ASSERT_THAT(done, SizeIs(1));
  EXPECT_EQ(done[0].how, Released::How::settled);
  EXPECT_THAT(evaluators.free(), SizeIs(1));
}

TEST_F(EvaluatorsTest, ALeaseHasAFloor) {
  join("a");
  auto credit = hello_of("a");
  credit.candidate_ms = 0.001;
  credit.received_through = assign("a");
  credit.held = {credit.received_through};
  for (int ms = 0; ms <= 500; ms += 100) {
    evaluators.hello(credit, at_ms(ms));
    EXPECT_THAT(evaluators.look(at_ms(ms)), IsEmpty()) << ms;
  }
  evaluators.hello(credit, at_ms(600));
  EXPECT_THAT(evaluators.look(at_ms(600)), SizeIs(1));
}

TEST_F(EvaluatorsTest, HangingForTheLongestLeaseIsAsGoodAsDying) {
  join("a");
  auto credit = hello_of("a");
  credit.received_through = evaluators.assign_alone("a", {"run", {sha256("key")}}, at_ms(0));
  credit.held = {credit.received_through};
  std::vector<Released> released;
  for (int ms = 0; ms < 1200 && released.empty(); ms += 100) {
    evaluators.hello(credit, at_ms(ms));
    released = evaluators.look(at_ms(ms));
  }
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released[0].how, Released::How::lost);
  EXPECT_EQ(released[0].evaluator, "a");
  EXPECT_TRUE(released[0].alone);
}

TEST_F(EvaluatorsTest, WhoFallsSilentWithAllOthersDidNotDieOfWhatItComputed) {
  for (const char* name : {"a", "b"}) join(name);
  for (const char* name : {"a", "b"})
    evaluators.assign_alone(name, {"run", {sha256(name)}}, at_ms(0));
  evaluators.look(at_ms(500));
  evaluators.look(at_ms(1000));
  evaluators.look(at_ms(1500));
  evaluators.look(at_ms(2000));
  const auto cut_off = evaluators.look(at_ms(2100));
  ASSERT_THAT(cut_off, SizeIs(2));
  EXPECT_FALSE(cut_off[0].alone);
  EXPECT_FALSE(cut_off[1].alone);
}

TEST_F(EvaluatorsTest, WhoIsHeardLaterThanTheFirstAfterACutDidNotDie) {
  for (const char* name : {"a", "b"}) join(name);
  for (const char* name : {"a", "b"})
    evaluators.assign_alone(name, {"run", {sha256(name)}}, at_ms(0));
  for (int ms = 500; ms <= 1500; ms += 500) evaluators.look(at_ms(ms));
  evaluators.hello(hello_of("b"), at_ms(1950));
  evaluators.look(at_ms(2000));
  const auto silent = evaluators.look(at_ms(2100));
  ASSERT_THAT(silent, SizeIs(1));
  EXPECT_FALSE(silent[0].alone);
}

TEST_F(EvaluatorsTest, WhoFallsSilentWhileOthersAreHeardIsTakenForDead) {
  for (const char* name : {"a", "b"}) join(name);
  evaluators.assign_alone("a", {"run", {sha256("key")}}, at_ms(0));
  for (int ms = 500; ms <= 2000; ms += 500) {
    evaluators.hello(hello_of("b"), at_ms(ms));
    evaluators.look(at_ms(ms));
  }
  const auto died = evaluators.look(at_ms(2100));
  ASSERT_THAT(died, SizeIs(1));
  EXPECT_TRUE(died[0].alone);
}

TEST_F(EvaluatorsTest, OneThatComputesSomethingAloneGetsNothingElse) {
  join("a");
  ASSERT_TRUE(evaluators.free()[0].idle);
  evaluators.assign_alone("a", {"run", {sha256("key")}}, at_ms(0));
  EXPECT_THAT(evaluators.free(), IsEmpty());
}

TEST_F(EvaluatorsTest, AGoodbyeGivesBackWhatItHeld) {
  join("a");
  auto credit = hello_of("a");
  credit.received_through = assign("a");
  credit.capacity = 0;
  const auto released = evaluators.hello(credit, at_ms(10));
  ASSERT_THAT(released, SizeIs(1));
  EXPECT_EQ(released[0].how, Released::How::returned);
  EXPECT_THAT(evaluators.subscription("ev.a.", false, at_ms(20)), IsEmpty());
}

TEST_F(EvaluatorsTest, WhatASlowOneHoldsIsOfferedToAnIdleOneOnce) {
  for (const char* name : {"fast", "slow"}) {
    evaluators.subscription("ev." + std::string(name) + ".", true, at_ms(0));
    auto credit = hello_of(name);
    credit.candidate_ms = name[0] == 'f' ? 10 : 100;
    evaluators.hello(credit, at_ms(0));
  }
  assign("slow");
  const auto slow = evaluators.slow(at_ms(1));
  ASSERT_THAT(slow, SizeIs(1));
  EXPECT_EQ(slow[0].evaluator, "slow");
  evaluators.copied(slow[0]);
  EXPECT_THAT(evaluators.slow(at_ms(2)), IsEmpty());
}

TEST_F(EvaluatorsTest, WhatTakesTwiceItsTimeIsOfferedToo) {
  for (const char* name : {"a", "b"}) {
    evaluators.subscription("ev." + std::string(name) + ".", true, at_ms(0));
    auto credit = hello_of(name);
    credit.candidate_ms = 10;
    evaluators.hello(credit, at_ms(0));
  }
  assign("a");
  EXPECT_THAT(evaluators.slow(at_ms(45)), IsEmpty());
  EXPECT_THAT(evaluators.slow(at_ms(46)), SizeIs(1));
}

TEST_F(EvaluatorsTest, WhatIsComputedInDetailHasACostOfItsOwn) {
  evaluators = Evaluators({1, "right", 60'000 * kNsPerMs});
  for (const char* name : {"a", "b"}) {
    evaluators.subscription("ev." + std::string(name) + ".", true, at_ms(0));
    auto credit = hello_of(name);
    credit.candidate_ms = 0.1;
    evaluators.hello(credit, at_ms(0));
  }
  auto credit = hello_of("a");
  credit.candidate_ms = 0.1;
  credit.received_through = evaluators.assign("a", {"run", {sha256("key")}, true}, at_ms(0));
  credit.held = {credit.received_through};
  const auto lives = [&](int from_ms, int to_ms) {
    std::vector<Released> released;
    for (int ms = from_ms; ms < to_ms && released.empty(); ms += 100) {
      evaluators.hello(credit, at_ms(ms));
      released = evaluators.look(at_ms(ms));
    }
    return released;
  };
  EXPECT_THAT(lives(0, 9000), IsEmpty()) << "nobody knows yet what it takes";
  EXPECT_THAT(evaluators.slow(at_ms(9000)), IsEmpty());
  credit.detailed_ms = 5000;
  EXPECT_THAT(lives(9000, 20'000), IsEmpty());
  EXPECT_THAT(evaluators.slow(at_ms(11'000)), SizeIs(1)) << "twice its time";
  EXPECT_THAT(lives(20'000, 21'000), SizeIs(1));
}

TEST_F(EvaluatorsTest, AQueueOfBothKindsTakesAsLongAsBoth) {
  join("b");
  evaluators.subscription("ev.a.", true, at_ms(0));
  auto credit = hello_of("a");
  credit.candidate_ms = 10;
  credit.detailed_ms = 100;
  evaluators.hello(credit, at_ms(0));
  evaluators.assign("a", {"run", {sha256("slow")}, true}, at_ms(0));
  assign("a");
  EXPECT_THAT(evaluators.slow(at_ms(225)), IsEmpty());
  EXPECT_THAT(evaluators.slow(at_ms(226)), SizeIs(1));
  EXPECT_THAT(evaluators.slow(at_ms(245)), SizeIs(1)) << "110 ms for what came behind it";
  EXPECT_THAT(evaluators.slow(at_ms(246)), SizeIs(2));
}

TEST_F(EvaluatorsTest, AnotherVersionGetsNoWorkAndIsCounted) {
  evaluators.subscription("ev.a.", true, at_ms(0));
  auto credit = hello_of("a");
  credit.self_test_digest = "wrong";
  evaluators.hello(credit, at_ms(0));
  EXPECT_THAT(evaluators.free(), IsEmpty());
  EXPECT_EQ(evaluators.incompatible(), 1u);
}

TEST_F(EvaluatorsTest, HostileHellosAreHarmless) {
  auto credit = hello_of(std::string(5000, 'x'));
  EXPECT_THAT(evaluators.hello(credit, at_ms(0)), IsEmpty());
  credit = hello_of("a");
  credit.capacity = 4'000'000'000u;
  credit.held.assign(100'000, 7);
  evaluators.subscription("ev.a.", true, at_ms(0));
  evaluators.hello(credit, at_ms(0));
  ASSERT_THAT(evaluators.free(), SizeIs(1));
  EXPECT_LE(evaluators.free()[0].credits, kCapacityMax);
  for (const char* topic : {"", "ev.", "ev..", "x", "ev.a"})
    EXPECT_THAT(evaluators.subscription(topic, false, at_ms(0)), IsEmpty());
}

}  // namespace
}  // namespace mendel::ga_dispatcher
