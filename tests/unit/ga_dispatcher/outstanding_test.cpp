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
  EXPECT_THAT(keys_of(outstanding.take(2, at_ms(0))), ElementsAre(key(0), key(1)));
  EXPECT_THAT(keys_of(outstanding.take(2, at_ms(0))), ElementsAre(key(2)));
  EXPECT_THAT(keys_of(outstanding.take(2, at_ms(0))), IsEmpty());
  EXPECT_EQ(outstanding.size(), 3u);
}

TEST(Outstanding, ABatchHasOneWindowSet) {
  Outstanding outstanding = with(1);
  outstanding.add({key(7), {7}, 4}, kBirth, false);
  EXPECT_THAT(keys_of(outstanding.take(9, at_ms(0))), ElementsAre(key(0)));
  EXPECT_EQ(outstanding.take(9, at_ms(0)).windows, 4);
}

TEST(Outstanding, ABatchHasOneDetail) {
  Outstanding outstanding = with(1);
  outstanding.add({key(7), {7}, 2, Digest(), wire::kDetailDailyBlocks}, kBirth, false);
  const Outstanding::HandOut plain = outstanding.take(9, at_ms(0));
  EXPECT_THAT(keys_of(plain), ElementsAre(key(0)));
  EXPECT_EQ(plain.detail, wire::kDetailNone);
  EXPECT_TRUE(outstanding.is_next_detailed());
  EXPECT_EQ(outstanding.take(9, at_ms(0)).detail, wire::kDetailDailyBlocks);
}

TEST(Outstanding, OnlyARecordedScoreEndsIt) {
  Outstanding outstanding = with(1);
  const auto keys = keys_of(outstanding.take(1, at_ms(0)));
  outstanding.settled(keys, at_ms(10));
  EXPECT_FALSE(outstanding.empty());
  EXPECT_TRUE(outstanding.complete(key(0)));
  EXPECT_FALSE(outstanding.complete(key(0)));
  EXPECT_TRUE(outstanding.empty());
}

TEST(Outstanding, WhatIsNotRecordedInTimeIsAskedForAndHandedOutAgain) {
  Outstanding outstanding = with(1);
  outstanding.settled(keys_of(outstanding.take(1, at_ms(0))), at_ms(10));
  EXPECT_THAT(outstanding.due(at_ms(400)), IsEmpty());
  EXPECT_THAT(outstanding.due(at_ms(511)), ElementsAre(key(0)));
  EXPECT_THAT(outstanding.due(at_ms(600)), IsEmpty());
  EXPECT_THAT(outstanding.due(at_ms(1600)), ElementsAre(key(0)));  // no answer: again
  EXPECT_EQ(outstanding.pending(), 0u);
  outstanding.missing(key(0));
  const auto again = outstanding.take(1, at_ms(1700));
  EXPECT_THAT(keys_of(again), ElementsAre(key(0)));
  EXPECT_EQ(again.again, 1u);
}

TEST(Outstanding, ALostBatchComesBackFirstAndInHalves) {
  Outstanding outstanding = with(6);
  outstanding.lost(keys_of(outstanding.take(4, at_ms(0))), "a", false);
  EXPECT_THAT(keys_of(outstanding.take(9, at_ms(1))), ElementsAre(key(0), key(1)));
  const auto half = keys_of(outstanding.take(9, at_ms(1)));
  EXPECT_THAT(half, ElementsAre(key(2), key(3)));
  outstanding.lost(half, "b", false);
  EXPECT_EQ(outstanding.alone(), 2u);
  EXPECT_THAT(keys_of(outstanding.take_alone(at_ms(2))), ElementsAre(key(2)));
  EXPECT_THAT(keys_of(outstanding.take_alone(at_ms(2))), ElementsAre(key(3)));
  EXPECT_THAT(keys_of(outstanding.take(9, at_ms(2))), ElementsAre(key(4), key(5)));
}

TEST(Outstanding, ABatchOf4096IsDownToOneAfterFourDeaths) {
  Outstanding outstanding = with(4096);
  std::vector<std::size_t> sizes;
  auto taken = keys_of(outstanding.take(4096, at_ms(0)));
  for (; taken.size() > 1; taken = keys_of(outstanding.take(4096, at_ms(0)))) {
    sizes.push_back(taken.size());
    outstanding.lost(taken, "e" + std::to_string(sizes.size()), false);
    if (outstanding.alone() > 0) break;
  }
  EXPECT_THAT(sizes, ElementsAre(4096, 2048, 128, 8));
  EXPECT_EQ(outstanding.alone(), 8u);
}

TEST(Outstanding, SuspectsAreNeverMixedWithOthers) {
  Outstanding outstanding = with(10);
  outstanding.lost(keys_of(outstanding.take(8, at_ms(0))), "a", false);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(outstanding.take(9, at_ms(1)).candidates.size(), 4u);
  EXPECT_THAT(keys_of(outstanding.take(9, at_ms(1))), ElementsAre(key(8), key(9)));
}

TEST(Outstanding, OnlyThreeDeathsAloneQuarantine) {
  Outstanding outstanding = with(1);
  for (int i = 0; i < 20; ++i) {  // not alone: never
    const auto taken = outstanding.alone() > 0 ? keys_of(outstanding.take_alone(at_ms(i)))
                                               : keys_of(outstanding.take(1, at_ms(i)));
    outstanding.lost(taken, "e" + std::to_string(i), false);
  }
  EXPECT_THAT(outstanding.quarantined(at_ms(100)), IsEmpty());
  for (const char* evaluator : {"a", "b", "b", "c"}) {  // the same one twice counts once
    EXPECT_THAT(outstanding.quarantined(at_ms(100)), IsEmpty());
    outstanding.lost(keys_of(outstanding.take_alone(at_ms(100))), evaluator, true);
  }
  const auto first = outstanding.quarantined(at_ms(100));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].key, key(0));
  EXPECT_EQ(first[0].birth, kBirth);
  EXPECT_TRUE(first[0].is_new);
  // Said again until it is recorded; nobody computes it any more.
  EXPECT_THAT(outstanding.quarantined(at_ms(900)), IsEmpty());
  const auto again = outstanding.quarantined(at_ms(1100));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_FALSE(again[0].is_new);
  EXPECT_EQ(outstanding.pending() + outstanding.alone(), 0u);
  EXPECT_TRUE(outstanding.complete(key(0)));
  EXPECT_TRUE(outstanding.empty());
  EXPECT_THAT(outstanding.quarantined(at_ms(9000)), IsEmpty());
}

TEST(Outstanding, WhatAStoppingEvaluatorGivesBackIsUnderNoSuspicion) {
  Outstanding outstanding = with(4);
  outstanding.returned(keys_of(outstanding.take(4, at_ms(0))));
  EXPECT_THAT(keys_of(outstanding.take(9, at_ms(1))), ElementsAre(key(0), key(1), key(2), key(3)));
}

TEST(Outstanding, WhatIsLateIsAskedForAndThenComputedBySomeoneElseToo) {
  Outstanding outstanding = with(2);
  const auto keys = keys_of(outstanding.take(2, at_ms(0)));
  outstanding.late(keys);
  EXPECT_EQ(outstanding.due(at_ms(1)).size(), 2u);
  for (const auto& one : keys) outstanding.missing(one);
  EXPECT_EQ(outstanding.take(2, at_ms(2)).again, 2u);
  // The one that was late dies: the other still computes.
  outstanding.lost(keys, "slow", false);
  EXPECT_EQ(outstanding.pending(), 0u);
}

TEST(Outstanding, WhatMayBeRecordedIsAskedForBeforeItIsHandedOut) {
  Outstanding outstanding;
  outstanding.add({key(1), {1}, 2}, kBirth, true);
  EXPECT_THAT(keys_of(outstanding.take(1, at_ms(0))), IsEmpty());
  EXPECT_THAT(outstanding.due(at_ms(0)), ElementsAre(key(1)));
  outstanding.missing(key(1));
  EXPECT_THAT(keys_of(outstanding.take(1, at_ms(0))), ElementsAre(key(1)));
}

TEST(Outstanding, NoMoreThanTwoEvaluatorsHoldTheSame) {
  Outstanding outstanding = with(2);
  const auto keys = keys_of(outstanding.take(2, at_ms(0)));
  const auto copies = outstanding.take_again(keys, 9, at_ms(1));
  const auto tail = keys_of(copies);
  EXPECT_EQ(tail.size(), 2u);
  EXPECT_EQ(copies.again, 0u) << "nobody failed";
  EXPECT_THAT(keys_of(outstanding.take_again(keys, 9, at_ms(2))), IsEmpty());
  // The first one dies: the second still holds it.
  outstanding.lost(keys, "a", false);
  EXPECT_EQ(outstanding.pending() + outstanding.alone(), 0u);
  outstanding.lost(tail, "b", false);
  EXPECT_EQ(outstanding.pending() + outstanding.alone(), 2u);
}

TEST(Outstanding, ASuspectIsNeverCopied) {
  Outstanding outstanding = with(4);
  outstanding.lost(keys_of(outstanding.take(4, at_ms(0))), "a", false);
  const auto keys = keys_of(outstanding.take(4, at_ms(1)));
  EXPECT_THAT(keys_of(outstanding.take_again(keys, 9, at_ms(2))), IsEmpty());
  outstanding.late(keys);
  EXPECT_THAT(outstanding.due(at_ms(3)), IsEmpty());
}

TEST(Outstanding, AnAnswerAboutWhatIsOutChangesNothing) {
  Outstanding outstanding = with(1);
  outstanding.take(1, at_ms(0));
  outstanding.missing(key(0));
  EXPECT_EQ(outstanding.pending(), 0u);
}

}  // namespace
}  // namespace mendel::ga_dispatcher
