#include "shared/database/values.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace mendel::database {
namespace {

TEST(Values, DoublesComeBackToTheSameBits) {
  for (const double value : {0.1, -0.0, 1e-308, 5e-324, 1.7976931348623157e308, 1.0 / 3, 1e22}) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(number_from(to_text(value))),
              std::bit_cast<std::uint64_t>(value));
  }
  EXPECT_TRUE(std::isnan(number_from(to_text(std::nan("")))));
  EXPECT_EQ(number_from(to_text(-std::numeric_limits<double>::infinity())),
            -std::numeric_limits<double>::infinity());
}

TEST(Values, TimesCarryTheirZoneAndAreCutToMicroseconds) {
  EXPECT_EQ(time_text(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_text(1'571'302'800'123'456'789), "2019-10-17T09:00:00.123456Z");
  EXPECT_EQ(time_text(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(time_text(std::numeric_limits<std::int64_t>::min()), "1677-09-21T00:12:43.145225Z");
  EXPECT_EQ(whole_microseconds(std::numeric_limits<std::int64_t>::min()), -9'223'372'036'854'775);
  EXPECT_EQ(whole_microseconds(-1'000), -1);
  EXPECT_EQ(whole_microseconds(-1'001), -2);
}

TEST(Values, TextThatPostgreSqlRefusesIsCleaned) {
  using namespace std::string_literals;
  EXPECT_EQ(clean_text("größe €𝄞"), "größe €𝄞");
  EXPECT_EQ(clean_text("a\0b"s), "a?b");
  EXPECT_EQ(clean_text("\xff x \xc3"), "? x ?");
  EXPECT_EQ(clean_text("\xc0\xaf"), "??");            // overlong
  EXPECT_EQ(clean_text("\xed\xa0\x80"), "???");       // surrogate
  EXPECT_EQ(clean_text("\xf4\x90\x80\x80"), "????");  // beyond U+10FFFF
}

TEST(Values, ACopyRowKeepsNullAndEmptyApart) {
  CopyRow row;
  row.text("");
  row.null();
  row.integer(-7);
  const auto& fields = row.pointers();
  ASSERT_EQ(fields.size(), 3U);
  EXPECT_STREQ(fields[0], "");
  EXPECT_EQ(fields[1], nullptr);
  EXPECT_STREQ(fields[2], "-7");
}

}  // namespace
}  // namespace mendel::database
