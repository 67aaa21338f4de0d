#include "shared/market/time_zone.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "shared/base/time.hpp"

namespace mendel::market {
namespace {

std::int64_t wall(std::string_view text) { return *parse_time(text) / kNsPerSecond; }

std::string utc(const TimeZone& zone, std::string_view wall_text) {
  const auto seconds = zone.to_utc(wall(wall_text));
  return seconds ? format_time(*seconds * kNsPerSecond) : "skipped";
}

std::string big_endian(std::int64_t value, int bytes) {
  std::string out;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift & 0xff);
  }
  return out;
}

// A TZif file without transitions whose footer is a POSIX TZ string.
std::string tzif(std::string_view rule, std::int64_t offset) {
  const std::string header = "TZif2" + std::string(15, '\0') + big_endian(0, 4) + big_endian(0, 4) +
                             big_endian(0, 4) + big_endian(0, 4) + big_endian(1, 4) +
                             big_endian(4, 4);
  const std::string body = big_endian(offset, 4) + std::string(2, '\0') + "ABC" + '\0';
  return header + body + header + body + "\n" + std::string(rule) + "\n";
}

TimeZone with_rule(std::string_view rule) {
  auto zone = TimeZone::from_tzif("Test/Zone", tzif(rule, 0));
  EXPECT_TRUE(zone) << rule;
  return zone ? *zone : TimeZone();
}

TEST(TimeZone, KnowsFixedOffsets) {
  EXPECT_EQ(utc(*TimeZone::fixed(""), "2020-01-01T12:00:00Z"), "2020-01-01T12:00:00Z");
  EXPECT_EQ(utc(*TimeZone::fixed("+02:00"), "2020-01-01T12:00:00Z"), "2020-01-01T10:00:00Z");
  EXPECT_EQ(utc(*TimeZone::fixed("-0530"), "2020-01-01T12:00:00Z"), "2020-01-01T17:30:00Z");
  EXPECT_EQ(TimeZone::fixed("+2")->name(), "+02:00");
  for (const char* text : {"+", "+2:0", "+16", "+02:60", "+02:000", "2", "EST", "+ 2", "+02:-1"}) {
    EXPECT_FALSE(TimeZone::fixed(text)) << text;
  }
}

TEST(TimeZone, ANameIsASafeRelativePath) {
  EXPECT_TRUE(TimeZone::is_name("America/Argentina/Buenos_Aires"));
  EXPECT_TRUE(TimeZone::is_name("Etc/GMT+5"));
  for (const char* text : {"", "/etc/passwd", "../x", "Europe/", "a b", "Europe/..", "x\ny"}) {
    EXPECT_FALSE(TimeZone::is_name(text)) << text;
  }
}

TEST(TimeZone, FollowsTheRuleOfTheNorth) {
  const TimeZone paris = with_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(utc(paris, "2021-01-15T12:00:00Z"), "2021-01-15T11:00:00Z");
  EXPECT_EQ(utc(paris, "2021-07-15T12:00:00Z"), "2021-07-15T10:00:00Z");
  EXPECT_EQ(utc(paris, "2021-03-28T01:59:59Z"), "2021-03-28T00:59:59Z");
  EXPECT_EQ(utc(paris, "2021-03-28T03:00:00Z"), "2021-03-28T01:00:00Z");
}

TEST(TimeZone, RefusesATimeThatTheClockSkips) {
  EXPECT_EQ(utc(with_rule("CET-1CEST,M3.5.0,M10.5.0/3"), "2021-03-28T02:30:00Z"), "skipped");
}

TEST(TimeZone, TakesTheEarlierOfTwoMomentsThatLookAlike) {
  EXPECT_EQ(utc(with_rule("CET-1CEST,M3.5.0,M10.5.0/3"), "2021-10-31T02:30:00Z"),
            "2021-10-31T00:30:00Z");
}

TEST(TimeZone, FollowsTheRuleOfTheSouth) {
  const TimeZone sydney = with_rule("AEST-10AEDT,M10.1.0,M4.1.0/3");
  EXPECT_EQ(utc(sydney, "2021-01-01T00:00:00Z"), "2020-12-31T13:00:00Z");
  EXPECT_EQ(utc(sydney, "2021-07-01T00:00:00Z"), "2021-06-30T14:00:00Z");
}

TEST(TimeZone, ReadsEveryFormOfARule) {
  EXPECT_EQ(utc(with_rule("<-03>3"), "2021-01-01T00:00:00Z"), "2021-01-01T03:00:00Z");
  EXPECT_EQ(utc(with_rule("AAA5BBB4:30,J60/0,300/-1"), "2021-03-01T00:30:00Z"),
            "2021-03-01T05:00:00Z");
}

TEST(TimeZone, RefusesBytesThatAreNoTzif) {
  const std::string good = tzif("UTC0", 0);
  EXPECT_FALSE(TimeZone::from_tzif("X", ""));
  EXPECT_FALSE(TimeZone::from_tzif("X", "hello"));
  EXPECT_FALSE(TimeZone::from_tzif("X", std::string(kTzifBytesMax + 1, 'x')));
  EXPECT_FALSE(TimeZone::from_tzif("X", tzif("nonsense", 0)));
  EXPECT_FALSE(TimeZone::from_tzif("X", tzif("CET-1CEST,M13.5.0,M10.5.0/3", 0)));
  EXPECT_FALSE(TimeZone::from_tzif("X", tzif("UTC0", 30 * 3600)));
  for (std::size_t size = 0; size < good.size() - 7; ++size) {
    EXPECT_FALSE(TimeZone::from_tzif("X", good.substr(0, size))) << size;
  }
}

TEST(TimeZone, ReadsTheFilesOfThisMachine) {
  std::ifstream file("/usr/share/zoneinfo/America/New_York", std::ios::binary);
  if (!file) GTEST_SKIP() << "tzdata is not installed";
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const auto zone = TimeZone::from_tzif("America/New_York", bytes.str());
  ASSERT_TRUE(zone);
  EXPECT_EQ(utc(*zone, "1985-07-01T09:30:00Z"), "1985-07-01T13:30:00Z");
  EXPECT_EQ(utc(*zone, "2019-03-10T02:30:00Z"), "skipped");
  EXPECT_EQ(utc(*zone, "2019-03-11T09:30:00Z"), "2019-03-11T13:30:00Z");
  EXPECT_EQ(utc(*zone, "2050-01-03T09:30:00Z"), "2050-01-03T14:30:00Z");
  EXPECT_EQ(utc(*zone, "2050-07-01T09:30:00Z"), "2050-07-01T13:30:00Z");
}

}  // namespace
}  // namespace mendel::market
