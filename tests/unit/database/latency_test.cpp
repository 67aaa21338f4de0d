#include "shared/database/latency.hpp"

#include <gtest/gtest.h>

namespace mendel::database {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(Latency, IsEmptyAtFirst) {
  const Latency latency;
  EXPECT_EQ(latency.count(), 0U);
  EXPECT_EQ(latency.quantile_ms(0.95), 0);
}

TEST(Latency, CountsUpToEachLimit) {
  Latency latency;
  latency.add(kMs);
  latency.add(7 * kMs);
  latency.add(90'000 * kMs);
  EXPECT_EQ(latency.within(0), 1U);
  EXPECT_EQ(latency.within(1), 1U);
  EXPECT_EQ(latency.within(2), 2U);
  EXPECT_EQ(latency.within(Latency::kLimitsMs.size() - 1), 2U);
  EXPECT_EQ(latency.count(), 3U);
  EXPECT_DOUBLE_EQ(latency.sum_ms(), 90'008);
}

TEST(Latency, TheNinetyFifthPercentileLiesInItsBucket) {
  Latency latency;
  for (int i = 0; i < 90; ++i) latency.add(kMs / 2);
  for (int i = 0; i < 10; ++i) latency.add(200 * kMs);
  EXPECT_LE(latency.quantile_ms(0.5), 1);
  EXPECT_GT(latency.quantile_ms(0.95), 100);
  EXPECT_LE(latency.quantile_ms(0.95), 250);
}

}  // namespace
}  // namespace mendel::database
