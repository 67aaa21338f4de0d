#include "shared/market/timeframe.hpp"

#include <gtest/gtest.h>

#include "shared/base/time.hpp"

namespace mendel::market {
namespace {

TEST(Timeframe, HasOneCanonicalName) {
  EXPECT_EQ(parse_timeframe("60m")->name, "1h");
  EXPECT_EQ(parse_timeframe("24h")->name, "1d");
  EXPECT_EQ(parse_timeframe("7d")->name, "1w");
  EXPECT_EQ(parse_timeframe("90m")->name, "90m");
  EXPECT_EQ(parse_timeframe("4h")->length_ns, 4 * 3600 * kNsPerSecond);
}

TEST(Timeframe, RefusesWhatIsNone) {
  for (const char* text : {"", "h", "1", "0h", "-1h", "+1h", "1x", "1.5h", "2w", "8d", " 1h", "1h ",
                           "99999999999999999999s"}) {
    const auto timeframe = parse_timeframe(text);
    ASSERT_FALSE(timeframe) << text;
    EXPECT_EQ(timeframe.error().kind, ErrorKind::configuration);
  }
}

TEST(Timeframe, HasWholeSecondsUpToAWeek) {
  EXPECT_EQ(timeframe_of(3600 * kNsPerSecond)->name, "1h");
  EXPECT_FALSE(timeframe_of(0));
  EXPECT_FALSE(timeframe_of(1));
  EXPECT_FALSE(timeframe_of(31 * kNsPerDay));
}

}  // namespace
}  // namespace mendel::market
