#include "shared/neon/sizing.hpp"

#include <gtest/gtest.h>

namespace mendel::neon {
namespace {

TEST(NeonSizing, TakesAQuarterMoreThanTheDataAndFourGigabytesAtFourAUnit) {
  const Size size = size_for(10);
  EXPECT_EQ(size.memory_gb, 16.5);
  EXPECT_EQ(size.compute_units, 5);  // 4.125 rounded up
  EXPECT_FALSE(size.is_capped);
}

TEST(NeonSizing, StaysBetweenTwoAndEightUnitsAndSaysWhenItIsCapped) {
  EXPECT_EQ(size_for(0).compute_units, 2);
  EXPECT_EQ(size_for(22.4).compute_units, 8);  // exactly 32 GB
  EXPECT_FALSE(size_for(22.4).is_capped);
  EXPECT_EQ(size_for(500).compute_units, 8);
  EXPECT_TRUE(size_for(500).is_capped);
}

TEST(NeonSizing, ConnectionsAreThoseOfNeonsTable) {
  EXPECT_EQ(connections_of(0.25, 0.25), 104);
  EXPECT_EQ(connections_of(1, 1), 419);
  EXPECT_EQ(connections_of(2, 2), 839);
  EXPECT_EQ(connections_of(2, 8), 3357);
  EXPECT_EQ(connections_of(0.25, 8), 839);  // the minimum bounds it: 8 · 0.25
  EXPECT_EQ(connections_of(16, 16), 4000);
}

}  // namespace
}  // namespace mendel::neon
