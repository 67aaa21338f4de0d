#include "shared/base/time.hpp"

#include <gtest/gtest.h>

namespace mendel {
namespace {

TEST(Date, RoundTripsOverFourCenturies) {
  for (std::int64_t day = -200000; day < 200000; day += 13) {
    const Date date = date_from_days(day);
    EXPECT_TRUE(is_valid(date));
    EXPECT_EQ(days_from_date(date), day);
  }
}

TEST(Date, KnowsLeapYears) {
  EXPECT_TRUE(is_valid({2000, 2, 29}));
  EXPECT_FALSE(is_valid({1900, 2, 29}));
  EXPECT_FALSE(is_valid({2019, 2, 29}));
  EXPECT_FALSE(is_valid({2019, 13, 1}));
  EXPECT_FALSE(is_valid({2019, 4, 31}));
}

TEST(Time, FormatsAsIso8601WithZ) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(1'571'302'800 * kNsPerSecond), "2019-10-17T09:00:00Z");
  EXPECT_EQ(format_time(1'571'302'800 * kNsPerSecond + 250'000'000), "2019-10-17T09:00:00.25Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999999Z");
}

TEST(Time, ParsesWhatItFormats) {
  for (std::int64_t time : {0LL, -1LL, 1'571'302'800'123'456'789LL}) {
    EXPECT_EQ(parse_time(format_time(time)), time);
  }
  EXPECT_EQ(parse_time("2019-10-17"), days_from_date({2019, 10, 17}) * kNsPerDay);
}

TEST(Time, RefusesAnythingElse) {
  for (const char* text : {"", "2019", "2019-13-01", "2019-10-17T09:00:00", "2019-10-17T24:00:00Z",
                           "2019-10-17T09:00:00.Z", "2019-10-17T09:00:00Zx"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Time, DaysBeforeTheEpochAreNegative) {
  EXPECT_EQ(day_of(-1), -1);
  EXPECT_EQ(day_of(0), 0);
  EXPECT_EQ(day_of(kNsPerDay), 1);
}

}  // namespace
}  // namespace mendel
