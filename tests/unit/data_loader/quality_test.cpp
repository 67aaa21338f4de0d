#include "stages/data_loader/quality.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/market/holes.hpp"
#include "tests/unit/data_loader/bars.hpp"

namespace mendel::data_loader {
namespace {

using testing::HasSubstr;

const market::Timeframe kDaily{"1d", kNsPerDay};

// The days (since 1970-01-01, a Thursday) on which there is a bar.
market::Series on_days(const std::vector<std::int64_t>& days) {
  market::Series series;
  series.symbol = "SPX";
  for (const std::int64_t day : days) series.push(daily(day, 1)[0]);
  return series;
}

std::vector<std::int64_t> weekdays(std::int64_t weeks) {
  std::vector<std::int64_t> days;
  for (std::int64_t week = 0; week < weeks; ++week) {
    for (std::int64_t day = 0; day < 5; ++day) days.push_back(4 + 7 * week + day);
  }
  return days;
}

TEST(Quality, WeekendsOfAnExchangeAreNoGaps) {
  const auto report = quality_of(on_days(weekdays(4)), kDaily);
  EXPECT_EQ(report.find("rows")->as_integer(), 20);
  EXPECT_EQ(report.find("gaps")->as_integer(), 0);
  EXPECT_EQ(report.find("first")->as_text(), "1970-01-05T00:00:00Z");
}

TEST(Quality, CountsHolesAndTheirLongest) {
  auto days = weekdays(6);
  days.erase(days.begin() + 16, days.begin() + 20);  // Tuesday to Friday: six days closed
  days.erase(days.begin() + 5, days.begin() + 10);   // a week: nine days closed
  const auto report = quality_of(on_days(days), kDaily);
  EXPECT_EQ(report.find("gaps")->as_integer(), 2);
  EXPECT_EQ(report.find("longest_gap_bars")->as_integer(), 9);
}

TEST(Quality, HolidaysAreNoGapsAsInTheReportOfIngest) {
  auto days = weekdays(4);
  days.erase(days.begin() + 11);                   // a Tuesday
  days.erase(days.begin() + 4, days.begin() + 6);  // a Friday and the Monday behind it
  const market::Series series = on_days(days);
  EXPECT_EQ(quality_of(series, kDaily).find("gaps")->as_integer(), 0);
  EXPECT_EQ(market::find_holes(series.time_ns, kDaily).count, 0);
}

TEST(Quality, WarnsOfOpensThatLookSynthetic) {
  market::Series series;
  series.symbol = "SPX";
  // 1970: every open is the previous close; 1971: one in ten.
  for (int i = 0; i < 700; ++i) {
    market::Bar bar = daily(i, 1, 100.0 + i)[0];
    const bool copied = i > 0 && (i < 365 || i % 10 == 0);
    if (copied) bar.open = series.close.back();
    series.push(bar);
  }
  const auto report = quality_of(series, kDaily);
  const auto* shares = report.find("open_equals_previous_close");
  EXPECT_DOUBLE_EQ(shares->find("1970")->as_number(), 1.0);
  EXPECT_NEAR(shares->find("1971")->as_number(), 0.1, 0.01);
  ASSERT_EQ(report.find("warnings")->items().size(), 1U);
  EXPECT_THAT(report.find("warnings")->items()[0].as_text(),
              HasSubstr("opens look synthetic: 1970"));
}

TEST(Quality, OfAnEmptySeriesIsZeroes) {
  const auto report = quality_of(on_days({}), kDaily);
  EXPECT_EQ(report.find("rows")->as_integer(), 0);
  EXPECT_EQ(report.find("gaps")->as_integer(), 0);
}

}  // namespace
}  // namespace mendel::data_loader
