#include "stages/ga_dispatcher/outstanding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::ga_dispatcher {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Birth kBirth{3, 1000};

Digest key(int i) { return sha256("key " + std::to_string(i)); }

Outstanding with(int count) {
  Outstanding outstanding;
  for (int i = 0; i < count; ++i)
    outstanding.add({key(i), {static_cast<double>(i)}, 2}, kBirth, false);
  return outstanding;
}

std::vector<Digest> keys_of(const Outstanding::HandOut& taken) {
  std::vector<Digest> keys;
  for (const auto& candidate : taken.candidates) keys.push_back(candidate.key);
  return keys;
}

Now at_ms(std::int64_t ms) { return {ms * kNsPerMs, 0}; }

TEST(Outstanding, HandsOutInOrderAndOnce) {
  Outstanding outstanding = with(3);
  EXPECT_THAT(keys_of(outstanding.take(2, "a", at_ms(0))), ElementsAre(key(0), key(1)));
  EXPECT_THAT(keys_of(outstanding.take(2, "a", at_ms(0))), ElementsAre(key(2)));
  EXPECT_THAT(keys_of(outstanding.take(2, "a", at_ms(0))), IsEmpty());
  EXPECT_EQ(outstanding.size(), 3u);
}

TEST(Outstanding, ABatchHasOneWindowSet) {
  Outstanding outstanding = with(1);
  outstanding.add({key(7), {7}, 4}, kBirth, false);
  EXPECT_THAT(keys_of(outstanding.take(9, "a", at_ms(0))), ElementsAre(key(0)));
  EXPECT_EQ(outstanding.take(9, "a", at_ms(0)).windows, 4);
}

TEST(Outstanding, OnlyARecordedScoreEndsIt) {
  Outstanding outstanding = with(1);
  const auto keys = keys_of(outstanding.take(1, "a", at_ms(0)));
  outstanding.settled(keys, at_ms(10));
  EXPECT_FALSE(outstanding.empty());
  EXPECT_TRUE(outstanding.complete(key(0)));
  EXPECT_FALSE(outstanding.complete(key(0)));
  EXPECT_TRUE(outstanding.empty());
}

TEST(Outstanding, WhatIsNotRecordedInTimeIsAskedForAndHandedOutAgain) {
  Outstanding outstanding = with(1);
  outstanding.settled(keys_of(outstanding.take(1, "a", at_ms(0))), at_ms(10));
  EXPECT_THAT(outstanding.due(at_ms(400)), IsEmpty());
  EXPECT_THAT(outstanding.due(at_ms(511)), ElementsAre(key(0)));
  EXPECT_THAT(outstanding.due(at_ms(600)), IsEmpty());
  EXPECT_THAT(outstanding.due(at_ms(1600)), ElementsAre(key(0)));  // no answer: again
  EXPECT_EQ(outstanding.pending(), 0u);
  outstanding.missing(key(0));
  const auto again = outstanding.take(1, "b", at_ms(1700));
  EXPECT_THAT(keys_of(again), ElementsAre(key(0)));
  EXPECT_EQ(again.again, 1u);
}

TEST(Outstanding, ALostBatchComesBackFirstAndInHalves) {
  Outstanding outstanding = with(6);
  outstanding.lost(keys_of(outstanding.take(4, "a", at_ms(0))));
  EXPECT_THAT(keys_of(outstanding.take(9, "b", at_ms(1))), ElementsAre(key(0), key(1)));
  const auto half = keys_of(outstanding.take(9, "b", at_ms(1)));
  EXPECT_THAT(half, ElementsAre(key(2), key(3)));
  outstanding.lost(half);
  EXPECT_THAT(keys_of(outstanding.take(9, "b", at_ms(2))), ElementsAre(key(2)));
}

TEST(Outstanding, WhatMayBeRecordedIsAskedForBeforeItIsHandedOut) {
  Outstanding outstanding;
  outstanding.add({key(1), {1}, 2}, kBirth, true);
  EXPECT_THAT(keys_of(outstanding.take(1, "a", at_ms(0))), IsEmpty());
  EXPECT_THAT(outstanding.due(at_ms(0)), ElementsAre(key(1)));
  outstanding.missing(key(1));
  EXPECT_THAT(keys_of(outstanding.take(1, "a", at_ms(0))), ElementsAre(key(1)));
}

TEST(Outstanding, TheTailGoesToASecondEvaluatorOnce) {
  Outstanding outstanding = with(2);
  outstanding.take(2, "a", at_ms(0));
  EXPECT_THAT(keys_of(outstanding.take_tail(9, "b", at_ms(900))), IsEmpty());
  EXPECT_THAT(keys_of(outstanding.take_tail(9, "a", at_ms(1100))), IsEmpty());
  const auto tail = keys_of(outstanding.take_tail(9, "b", at_ms(1100)));
  EXPECT_EQ(tail.size(), 2u);
  EXPECT_THAT(keys_of(outstanding.take_tail(9, "c", at_ms(9000))), IsEmpty());
  // The first one dies: the second still holds it.
  outstanding.lost({key(0), key(1)});
  EXPECT_EQ(outstanding.pending(), 0u);
  outstanding.lost(tail);
  EXPECT_EQ(outstanding.pending(), 2u);
}

TEST(Outstanding, AnAnswerAboutWhatIsOutChangesNothing) {
  Outstanding outstanding = with(1);
  outstanding.take(1, "a", at_ms(0));
  outstanding.missing(key(0));
  EXPECT_EQ(outstanding.pending(), 0u);
}

}  // namespace
}  // namespace mendel::ga_dispatcher
