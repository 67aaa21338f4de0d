#include "shared/market/bar_csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "shared/base/time.hpp"

namespace mendel::market {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kThreeDays =
    "date,open,high,low,close,volume\n"
    "2020-01-06,10,12,9,11,100\n"
    "2020-01-07,11,13,10,12,200\n"
    "2020-01-08,12,14,11,13,300\n";

BarCsv parse(std::string_view text, BarCsvOptions options = {}) {
  options.file = "BARS.csv";
  auto csv = parse_bar_csv(text, options);
  EXPECT_TRUE(csv) << (csv ? "" : csv.error().message);
  return csv ? std::move(*csv) : BarCsv{};
}

std::string error_of(std::string_view text, BarCsvOptions options = {}) {
  options.file = "BARS.csv";
  auto csv = parse_bar_csv(text, options);
  return csv ? "" : csv.error().message;
}

// The days (or moments) of the accepted bars.
std::vector<std::string> times(const BarCsv& csv) {
  std::vector<std::string> texts;
  for (const Bar& bar : csv.bars) {
    texts.push_back(bar.time_ns % kNsPerDay == 0 ? format_date(bar.time_ns)
                                                 : format_time(bar.time_ns));
  }
  return texts;
}

// The one refusal of a file whose other rows are kThreeDays.
std::string refusal_of(std::string_view row) {
  const BarCsv csv = parse(std::string(kThreeDays) + std::string(row) + "\n");
  EXPECT_EQ(csv.report.accepted, 3) << row;
  EXPECT_EQ(csv.report.refused_total(), 1) << row;
  return csv.report.first_refusals.empty() ? "" : csv.report.first_refusals[0].text("BARS.csv");
}

TEST(BarCsv, ReadsBars) {
  const BarCsv csv = parse(kThreeDays);
  ASSERT_THAT(csv.bars, SizeIs(3));
  EXPECT_EQ(csv.bars[0], (Bar{*parse_time("2020-01-06"), 10, 12, 9, 11, 100}));
  EXPECT_EQ(csv.report.rows, 3);
  EXPECT_EQ(csv.report.accepted, 3);
  EXPECT_EQ(csv.report.timeframe.name, "1d");
  EXPECT_TRUE(csv.report.timeframe_inferred);
  EXPECT_EQ(format_date(csv.report.first_ns), "2020-01-06");
  EXPECT_EQ(format_date(csv.report.last_ns), "2020-01-08");
}

TEST(BarCsv, TakesHeaderNamesInAnyCaseAndOrder) {
  const BarCsv csv = parse(
      "Volume,CLOSE,<Low>,High,Open,Adj Close,Date\n"
      "100,11,9,12,10,5,2020-01-06\n"
      "100,11,9,12,10,5,2020-01-07");
  ASSERT_THAT(csv.bars, SizeIs(2));
  EXPECT_EQ(csv.bars[0], (Bar{*parse_time("2020-01-06"), 10, 12, 9, 11, 100}));
}

TEST(BarCsv, TakesNewestFirst) {
  const BarCsv csv = parse(
      "https://example.org\r\nunix,date,o,h,l,c\r\n"
      "7200,x,1,1,1,1\r\n1571302800,x,2,2,2,2\r\n1571299200,x,1,1,1,1");
  EXPECT_THAT(times(csv),
              ElementsAre("1970-01-01T02:00:00Z", "2019-10-17T08:00:00Z", "2019-10-17T09:00:00Z"));
  const BarCsv newest_first =
      parse("date,open,high,low,close\n2020-01-07 12-AM,1,1,1,1\n2020-01-06 11-PM,1,1,1,1\n");
  EXPECT_THAT(times(newest_first), ElementsAre("2020-01-06T23:00:00Z", "2020-01-07"));
  EXPECT_TRUE(newest_first.report.newest_first);
  EXPECT_EQ(newest_first.report.timeframe.name, "1h");
  EXPECT_EQ(newest_first.report.volume_column, "");
}

TEST(BarCsv, PutsDateAndClockColumnsTogether) {
  const BarCsv csv = parse(
      "<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>\n"
      "2020.01.06;09:00;1;1;1;1\n2020.01.06;09:05;1;1;1;1\n");
  EXPECT_THAT(times(csv), ElementsAre("2020-01-06T09:00:00Z", "2020-01-06T09:05:00Z"));
  EXPECT_EQ(csv.report.time_column, "<DATE> + <TIME>");
}

TEST(BarCsv, ShiftsClosesToOpens) {
  BarCsvOptions options;
  options.stamp_is_close = true;
  EXPECT_THAT(times(parse(kThreeDays, options)),
              ElementsAre("2020-01-05", "2020-01-06", "2020-01-07"));
}

TEST(BarCsv, TwoVolumeColumnsAreAnErrorNamingBoth) {
  const std::string text =
      "date,open,high,low,close,Volume ETH,Volume USD\n"
      "2020-01-06,1,1,1,1,5,7\n2020-01-07,1,1,1,1,5,7\n";
  EXPECT_THAT(error_of(text), HasSubstr("BARS.csv:1: 'Volume ETH' and 'Volume USD'"));
  BarCsvOptions options;
  options.volume = "volume usd";
  EXPECT_EQ(parse(text, options).bars[0].volume, 7);
  options.volume = "turnover";
  EXPECT_THAT(error_of(text, options), HasSubstr("no column 'turnover' for --volume"));
}

TEST(BarCsv, APlainVolumeBesideAnotherIsStillTwo) {
  EXPECT_THAT(error_of("date,open,high,low,close,volume_btc,volume\n2020-01-06,1,1,1,1,5,7\n"),
              HasSubstr("'volume_btc' and 'volume'"));
}

TEST(BarCsv, RefusesABarWhoseHighIsBelowItsLow) {
  EXPECT_EQ(refusal_of("2020-01-09,10,9,11,10,1"),
            "BARS.csv:5: high: high_below_low (9, low 11, high 9)");
}

TEST(BarCsv, RefusesAnOpenOrCloseOutsideItsRange) {
  EXPECT_THAT(refusal_of("2020-01-09,13,12,9,11,1"), HasSubstr("open: open_outside_low_high (13"));
  EXPECT_THAT(refusal_of("2020-01-09,10,12,9,8,1"), HasSubstr("close: close_outside_low_high (8"));
}

TEST(BarCsv, RefusesPricesThatAreNotPositive) {
  EXPECT_THAT(refusal_of("2020-01-09,10,12,-9,11,1"), HasSubstr("low: price_not_positive (-9)"));
  EXPECT_THAT(refusal_of("2020-01-09,0,12,0,11,1"), HasSubstr("open: price_not_positive (0)"));
}

TEST(BarCsv, RefusesNegativeVolume) {
  EXPECT_THAT(refusal_of("2020-01-09,10,12,9,11,-1"), HasSubstr("volume: negative_volume (-1)"));
}

TEST(BarCsv, RefusesWhatIsNoFiniteNumber) {
  EXPECT_THAT(refusal_of("2020-01-09,nan,12,9,11,1"), HasSubstr("open: not_finite (nan)"));
  EXPECT_THAT(refusal_of("2020-01-09,10,inf,9,11,1"), HasSubstr("high: not_finite (inf)"));
  EXPECT_THAT(refusal_of("2020-01-09,10,1e999,9,11,1"), HasSubstr("high: not_finite (1e999)"));
  EXPECT_THAT(refusal_of("2020-01-09,10,12,9,x,1"), HasSubstr("close: unreadable_number (x)"));
  EXPECT_THAT(refusal_of("2020-01-09,null,12,9,x,1"), HasSubstr("open: unreadable_number (null)"));
  EXPECT_THAT(refusal_of("2020-01-09,10,12,9,11,"), HasSubstr("volume: unreadable_number ()"));
  EXPECT_THAT(refusal_of("2020-01-09,10,12,9,1 1,2"), HasSubstr("close: unreadable_number"));
}

TEST(BarCsv, ReadsEachNumberAsTheNearestDouble) {
  std::mt19937_64 random(20261122);
  std::string text = "time,open,high,low,close,volume\n";
  std::vector<std::string> cells = {"5", "0", "0.1", "7.", "999999999999999", "0.0000000000001"};
  while (cells.size() < 5000) {
    std::string cell = std::to_string(random() >> (random() % 60));
    if (random() % 4 != 0) cell.insert(1 + random() % cell.size(), ".");
    cells.push_back(cell.substr(0, 18));
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    text += format_time(static_cast<std::int64_t>(i) * 60 * kNsPerSecond) + ",1,1,1,1," + cells[i];
    text += '\n';
  }
  const BarCsv csv = parse(text);
  ASSERT_THAT(csv.bars, SizeIs(cells.size()));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    EXPECT_EQ(csv.bars[i].volume, std::strtod(cells[i].c_str(), nullptr)) << cells[i];
  }
}

TEST(BarCsv, RefusesTimesItCannotTrust) {
  EXPECT_THAT(refusal_of("09.01.2020,10,12,9,11,1"),
              HasSubstr("BARS.csv:5: date: unreadable_time (09.01.2020)"));
  EXPECT_THAT(refusal_of("1066-10-14,10,12,9,11,1"), HasSubstr("date: time_out_of_range"));
  EXPECT_THAT(refusal_of("2020-01-09T00:00:00.0000001,10,12,9,11,1"),
              HasSubstr("date: time_too_fine"));
}

TEST(BarCsv, RefusesRowsOfAnotherShape) {
  EXPECT_THAT(refusal_of("2020-01-09,10,12,9,11"), HasSubstr("wrong_field_count (5 fields"));
  EXPECT_THAT(refusal_of("\"2020-01-09,10,12,9,11,1"), HasSubstr("malformed_line"));
}

TEST(BarCsv, ARefusalNeverCarriesControlCharacters) {
  EXPECT_THAT(refusal_of("2020\x1b[2J,10,12,9,11,1"), HasSubstr("(2020?[2J)"));
}

TEST(BarCsv, RefusesADuplicateTimeAndKeepsTheFirstInTheFile) {
  const BarCsv csv =
      parse(std::string(kThreeDays) + "2020-01-07,11,13,10,12,200\n2020-01-06,10,12,9,11.5,100\n");
  EXPECT_THAT(times(csv), ElementsAre("2020-01-06", "2020-01-07", "2020-01-08"));
  EXPECT_EQ(csv.bars[0].close, 11);
  EXPECT_EQ(csv.report.duplicates_identical, 1);
  EXPECT_EQ(csv.report.duplicates_differing, 1);
  ASSERT_THAT(csv.report.first_refusals, SizeIs(2));
  EXPECT_EQ(csv.report.first_refusals[0].text("F"),
            "F:5: date: duplicate_time (2020-01-07T00:00:00Z, as in line 3, the same values)");
  EXPECT_EQ(csv.report.first_refusals[1].line, 6);
}

TEST(BarCsv, StrictStopsAtTheFirstRefusal) {
  BarCsvOptions options;
  options.strict = true;
  EXPECT_THAT(error_of(std::string(kThreeDays) + "2020-01-09,10,9,11,10,1\n", options),
              HasSubstr("BARS.csv:5: high: high_below_low"));
  EXPECT_THAT(error_of(std::string(kThreeDays) + "2020-01-08,10,12,9,11,1\n", options),
              HasSubstr("BARS.csv:5: date: duplicate_time"));
  EXPECT_EQ(parse(kThreeDays, options).report.accepted, 3);
}

TEST(BarCsv, KeepsTheFirstRefusalsAndCountsAll) {
  std::string text(kThreeDays);
  for (int i = 0; i < 50; ++i) text += "bad\n";
  const BarCsv csv = parse(text);
  EXPECT_EQ(csv.report.refused_total(), 50);
  EXPECT_THAT(csv.report.first_refusals, SizeIs(kRefusalsKept));
}

TEST(BarCsv, AFileOfBadRowsHasNoBarsAndAReport) {
  const BarCsv csv = parse("date,open,high,low,close\nx,1,1,1,1\n");
  EXPECT_THAT(csv.bars, IsEmpty());
  EXPECT_EQ(csv.report.refused_total(), 1);
}

TEST(BarCsv, AReportSaysInOneLineWhyNothingIsLeft) {
  const BarCsv csv = parse(
      "date,open,high,low,close\nx,1,1,1,1\n2020-01-06,1,0.5,1,1\n2020-01-07,0,1,1,1\n"
      "2020-01-08,-1,1,1,1\n");
  EXPECT_EQ(csv.report.nothing_accepted(),
            "BARS.csv: none of its 4 rows is a good bar: 4 of 4 rows refused (1 unreadable_time, "
            "2 price_not_positive, 1 high_below_low), first BARS.csv:2: date: unreadable_time (x); "
            "BARS.csv:3: high: high_below_low (0.5, low 1, high 0.5); "
            "BARS.csv:4: open: price_not_positive (0)");
  EXPECT_EQ(parse(kThreeDays).report.refused_in_short(), "");
}

TEST(BarCsv, RefusalsAreSaidWhereTooLittleIsLeftToTellATimeframe) {
  EXPECT_THAT(error_of("date,open,high,low,close\n2020-01-06,1,1,1,1\nsoon,1,1,1,1\n"),
              HasSubstr("give --timeframe, as in 1h or 1d; 1 of 2 rows refused (1 "
                        "unreadable_time), first BARS.csv:3: date: unreadable_time (soon)"));
}

TEST(BarCsv, RefusesPricesThatNoMarketHas) {
  const BarCsv csv = parse(
      "date,open,high,low,close\n2020-01-06,1,1e300,1,1\n2020-01-07,1,1,1e-300,1\n"
      "2020-01-08,1e-12,1e15,1e-12,1\n2020-01-09,1,1,1,1\n");
  EXPECT_EQ(csv.report.accepted, 2);
  EXPECT_EQ(csv.report.refused_by_rule(), "2 price_out_of_range");
  EXPECT_EQ(csv.report.first_refusals[0].text("F"), "F:2: high: price_out_of_range (1e+300)");
  EXPECT_EQ(csv.report.first_refusals[1].text("F"), "F:3: low: price_out_of_range (1e-300)");
}

TEST(BarCsv, ReadsAFileOfAnOldMac) {
  const BarCsv csv = parse(
      "date,open,high,low,close\r2020-01-06,1,1,1,1\r2020-01-07,1,2,1,x\r"
      "2020-01-08,1,1,1,1\r");
  EXPECT_EQ(csv.report.accepted, 2);
  EXPECT_EQ(csv.report.first_refusals.at(0).line, 3);
}

TEST(BarCsv, ErrorsSayWhatTheFileLacks) {
  EXPECT_THAT(error_of(""), HasSubstr("BARS.csv: is empty"));
  EXPECT_THAT(error_of("# nothing\n\n"), HasSubstr("BARS.csv: is empty"));
  EXPECT_THAT(error_of("date,open,high,low,close\n"), HasSubstr("a header and no bars"));
  EXPECT_THAT(error_of("1,2,3\n4,5,6\n"), HasSubstr("no header"));
  EXPECT_THAT(error_of("when,open,high,low,close\n1,1,1,1,1\n"), HasSubstr("BARS.csv:1: the header "
                                                                           "has no date"));
  EXPECT_THAT(error_of("date,open,high,low\n1,1,1,1\n"), HasSubstr("no 'close' column; it has "
                                                                   "date, open, high, low"));
  EXPECT_THAT(error_of("date,open,Open,high,low,close\n"), HasSubstr("'open' and 'Open' are both"));
  EXPECT_THAT(error_of("\xFF\xFE"
                       "d"),
              HasSubstr("UTF-16"));
}

TEST(BarCsv, InfersTheCommonestSpacing) {
  EXPECT_EQ(parse("date,open,high,low,close\n2020-01-06 09:00,1,1,1,1\n2020-01-06 09:15,1,1,1,1\n"
                  "2020-01-06 09:30,1,1,1,1\n2020-01-07 09:00,1,1,1,1\n")
                .report.timeframe.name,
            "15m");
  EXPECT_THAT(error_of("date,open,high,low,close\n2020-01-06,1,1,1,1\n"),
              HasSubstr("give --timeframe"));
  EXPECT_THAT(error_of("date,open,high,low,close\n2020-01-01,1,1,1,1\n2020-02-01,1,1,1,1\n"),
              HasSubstr("give --timeframe"));
}

TEST(BarCsv, RefusesATimeframeLongerThanTheSpacing) {
  BarCsvOptions options;
  options.timeframe = *parse_timeframe("1w");
  EXPECT_THAT(error_of(kThreeDays, options), HasSubstr("1d apart, less than --timeframe 1w"));
  options.timeframe = *parse_timeframe("1h");
  EXPECT_EQ(parse(kThreeDays, options).report.timeframe.name, "1h");
}

TEST(BarCsv, PicksOneSymbolOfSeveral) {
  const std::string text =
      "date,open,high,low,close,Name\n2020-01-06,1,1,1,1,A\n2020-01-06,2,2,2,2,B\n"
      "2020-01-07,1,1,1,1,A\n2020-01-07,2,2,2,2,B\n";
  EXPECT_THAT(error_of(text), HasSubstr("holds 2 symbols (A, B); name one of them"));
  BarCsvOptions options;
  options.symbol = "B";
  const BarCsv csv = parse(text, options);
  EXPECT_EQ(csv.report.accepted, 2);
  EXPECT_EQ(csv.report.other_symbols, 2);
  EXPECT_EQ(csv.bars[0].close, 2);
}

TEST(BarCsv, NamesTheOneSymbolOfItsColumn) {
  BarCsvOptions options;
  options.symbol = "BTC-USD";
  const BarCsv csv = parse(
      "date,symbol,open,high,low,close\n2020-01-06,BTCUSD,1,1,1,1\n2020-01-07,BTCUSD,1,1,1,1\n",
      options);
  EXPECT_EQ(csv.report.symbol, "BTCUSD");
  EXPECT_EQ(csv.report.accepted, 2);
}

TEST(BarCsv, ParsesInStepsToTheSameBars) {
  auto parser = BarCsvParser::open(kThreeDays, {});
  ASSERT_TRUE(parser);
  int steps = 0;
  for (bool more = true; more; ++steps) {
    auto result = parser->step(1);
    ASSERT_TRUE(result);
    more = *result;
  }
  EXPECT_EQ(steps, 4);
  EXPECT_EQ(std::move(*parser).finish()->bars, parse(kThreeDays).bars);
}

}  // namespace
}  // namespace mendel::market
