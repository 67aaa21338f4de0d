#include "shared/database/backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mendel::database {
namespace {

TEST(Backoff, TriesAtOnceFirst) {
  Backoff backoff(1);
  EXPECT_EQ(backoff.next_ms(), 0);
  backoff.next_ms();
  backoff.reset();
  EXPECT_EQ(backoff.next_ms(), 0);
}

TEST(Backoff, DoublesItsLimitUpToSixteenSeconds) {
  std::int64_t longest = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Backoff backoff(seed);
    backoff.next_ms();
    std::int64_t most = Backoff::kFirstMs;
    for (int i = 0; i < 12; ++i) {
      const std::int64_t wait = backoff.next_ms();
      EXPECT_GE(wait, 0);
      EXPECT_LE(wait, most);
      longest = std::max(longest, wait);
      most = std::min(most * 2, Backoff::kMostMs);
    }
  }
  EXPECT_GT(longest, Backoff::kMostMs * 9 / 10);
}

}  // namespace
}  // namespace mendel::database
