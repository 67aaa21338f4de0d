#include "shared/market/stamp.hpp"

#include <gtest/gtest.h>

#include <string>

#include "shared/base/time.hpp"

namespace mendel::market {
namespace {

// The UTC time of a cell in a column of its like, or the fault.
std::string read(std::string_view cell, const TimeZone& zone = {}) {
  const Stamp stamp = parse_stamp(cell, stamp_format(cell, cell, zone));
  switch (stamp.fault) {
    case StampFault::none:
      return format_time(stamp.time_ns);
    case StampFault::unreadable:
      return "unreadable";
    case StampFault::out_of_range:
      return "out of range";
    case StampFault::skipped:
      return "skipped";
  }
  return "";
}

TEST(Stamp, ReadsIsoDatesAndTimes) {
  EXPECT_EQ(read("2019-10-17"), "2019-10-17T00:00:00Z");
  EXPECT_EQ(read("2019/1/5"), "2019-01-05T00:00:00Z");
  EXPECT_EQ(read("2019.10.17 9:30"), "2019-10-17T09:30:00Z");
  EXPECT_EQ(read("2019-10-17T09:00:00Z"), "2019-10-17T09:00:00Z");
  EXPECT_EQ(read("2019-10-17 09:00:00.250"), "2019-10-17T09:00:00.25Z");
  EXPECT_EQ(read("2019-10-17 09:00:00 UTC"), "2019-10-17T09:00:00Z");
}

TEST(Stamp, AppliesTheOffsetThatTheTimeCarries) {
  EXPECT_EQ(read("2019-10-17T09:00:00+02:00"), "2019-10-17T07:00:00Z");
  EXPECT_EQ(read("2019-10-17 09:00:00-0530"), "2019-10-17T14:30:00Z");
  EXPECT_EQ(read("2019-10-17T09:00:00Z", *TimeZone::fixed("+02:00")), "2019-10-17T09:00:00Z");
}

TEST(Stamp, TakesTheZoneWhereTheTimeCarriesNoOffset) {
  EXPECT_EQ(read("2019-10-17 09:00", *TimeZone::fixed("+02:00")), "2019-10-17T07:00:00Z");
  EXPECT_EQ(read("20191017", *TimeZone::fixed("-05:00")), "2019-10-17T05:00:00Z");
}

TEST(Stamp, ReadsHalfDays) {
  EXPECT_EQ(read("2019-10-17 09-AM"), "2019-10-17T09:00:00Z");
  EXPECT_EQ(read("2019-10-17 12-AM"), "2019-10-17T00:00:00Z");
  EXPECT_EQ(read("2019-10-17 12-PM"), "2019-10-17T12:00:00Z");
  EXPECT_EQ(read("2019-10-17 1:30:00 pm"), "2019-10-17T13:30:00Z");
  EXPECT_EQ(read("2019-10-17 13-PM"), "unreadable");
  EXPECT_EQ(read("2019-10-17 00-AM"), "unreadable");
}

TEST(Stamp, ReadsEpochs) {
  EXPECT_EQ(read("1571302800"), "2019-10-17T09:00:00Z");
  EXPECT_EQ(read("1571302800.5"), "2019-10-17T09:00:00.5Z");
  EXPECT_EQ(read("1571302800000"), "2019-10-17T09:00:00Z");
  EXPECT_EQ(read("1571302800000000"), "2019-10-17T09:00:00Z");
  EXPECT_EQ(read("1571302800000000001"), "2019-10-17T09:00:00.000000001Z");
  EXPECT_EQ(read("-157766400"), "1965-01-01T00:00:00Z");
}

TEST(Stamp, TheUnitOfAnEpochBelongsToItsColumn) {
  const StampFormat milliseconds = stamp_format("0", "1571302800000", {});
  EXPECT_EQ(format_time(parse_stamp("86400000", milliseconds).time_ns), "1970-01-02T00:00:00Z");
}

TEST(Stamp, EightDigitsAreADateUnlessTheColumnCountsSeconds) {
  EXPECT_EQ(read("20191017"), "2019-10-17T00:00:00Z");
  const StampFormat seconds = stamp_format("20191017", "1571302800", {});
  EXPECT_EQ(format_date(parse_stamp("20191017", seconds).time_ns), "1970-08-22");
}

TEST(Stamp, RefusesTimesThatAreNoMarketData) {
  EXPECT_EQ(read("1899-12-31"), "out of range");
  EXPECT_EQ(read("2200-01-01"), "out of range");
  EXPECT_EQ(read("9999999999"), "out of range");
  EXPECT_EQ(read("9999999999999999999"), "out of range");
}

TEST(Stamp, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "x",
                           "2019",
                           "12345",
                           "2019-10",
                           "2019-13-01",
                           "2019-02-29",
                           "10/17/2019",
                           "17.10.2019",
                           "2019-10-17x",
                           "2019-10-17 24:00",
                           "2019-10-17 09:60",
                           "2019-10-17 09:00:60",
                           "2019-10-17 09",
                           "2019-10-17 09:00:00.",
                           "2019-10-17 09:00 Mars",
                           "2019-10-17T",
                           "1e9",
                           "--1",
                           "2019-10/17"}) {
    EXPECT_TRUE(read(text) == "unreadable") << text << " is read as " << read(text);
  }
}

}  // namespace
}  // namespace mendel::market
