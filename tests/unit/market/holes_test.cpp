#include "shared/market/holes.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "shared/base/time.hpp"

namespace mendel::market {
namespace {

TEST(Holes, DailyBarsMayPauseFourDays) {
  const auto day = *parse_timeframe("1d");
  const std::vector<std::int64_t> weekend = {0, 3 * kNsPerDay, 8 * kNsPerDay};
  EXPECT_EQ(find_holes(weekend, day).count, 0);
  const std::vector<std::int64_t> week = {0, kNsPerDay, 8 * kNsPerDay, 10 * kNsPerDay};
  const Holes holes = find_holes(week, day);
  EXPECT_EQ(holes.count, 1);
  EXPECT_EQ(holes.missing, 6);
  EXPECT_EQ(holes.longest, (Hole{kNsPerDay, 8 * kNsPerDay, 6}));
}

TEST(Holes, EveryMissingHourIsAHole) {
  const auto hour = *parse_timeframe("1h");
  const std::vector<std::int64_t> times = {0, hour.length_ns, 3 * hour.length_ns,
                                           9 * hour.length_ns};
  const Holes holes = find_holes(times, hour);
  EXPECT_EQ(holes.count, 2);
  EXPECT_EQ(holes.missing, 6);
  EXPECT_EQ(holes.longest.missing, 5);
}

// What the report, the dataset's quality and max_gap_bars count.
TEST(Holes, MissingBarsAreTheLengthsBetweenLessOne) {
  constexpr std::int64_t kHour = 3600 * kNsPerSecond;
  EXPECT_EQ(missing_bars(0, kHour, kHour), 0);
  EXPECT_EQ(missing_bars(0, 4 * kHour, kHour), 3);
  EXPECT_EQ(missing_bars(0, 65 * kHour, kHour), 64);  // a weekend is none to hourly bars
  EXPECT_EQ(missing_bars(0, 5 * kNsPerDay, kNsPerDay), 0);
  EXPECT_EQ(missing_bars(0, 6 * kNsPerDay, kNsPerDay), 5);
  EXPECT_EQ(missing_bars(0, 14 * kNsPerDay, 7 * kNsPerDay), 1);
}

TEST(Holes, AClockThatIsSetMovesBarsWithoutAHole) {
  constexpr std::int64_t kHour = 3600 * kNsPerSecond;
  EXPECT_EQ(missing_bars(0, 5 * kHour, 4 * kHour), 0);
  EXPECT_EQ(missing_bars(0, 3 * kHour, 4 * kHour), 0);
  EXPECT_EQ(missing_bars(0, 7 * kHour, 4 * kHour), 1);
  EXPECT_EQ(missing_bars(0, 0, kHour), 0);
}

}  // namespace
}  // namespace mendel::market
