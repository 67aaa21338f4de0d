#include "topology/mendel/ingest_summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/market/bar_csv.hpp"

namespace mendel::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string summary(std::string_view csv) {
  market::BarCsvOptions options;
  options.file = "BARS.csv";
  const auto parsed = market::parse_bar_csv(csv, options);
  if (!parsed) return parsed.error().message;
  ingestor::Job job;
  job.file = "BARS.csv";
  job.symbol = "X";
  return summary_of_file(parsed->report, job);
}

TEST(IngestSummary, SaysRowsSpanGapsAndWhatWasRefused) {
  const std::string text = summary(
      "date,open,high,low,close,volume\n"
      "2020-01-06 09:00,1,1,1,1,5\n2020-01-06 10:00,1,1,1,1,5\n2020-01-06 13:00,1,1,1,1,5\n"
      "2020-01-06 14:00,1,0.5,1,1,5\n2020-01-06 10:00,1,1,1,1,5\n");
  EXPECT_THAT(text, HasSubstr("bars     X 1h (inferred), source csv, from BARS.csv\n"));
  EXPECT_THAT(text, HasSubstr("rows     5 read, 3 accepted, 2 refused\n"));
  EXPECT_THAT(text, HasSubstr("span     2020-01-06T09:00:00Z to 2020-01-06T13:00:00Z\n"));
  EXPECT_THAT(text, HasSubstr("gaps     1, 2 bars missing; the longest 2 bars after "
                              "2020-01-06T10:00:00Z\n"));
  EXPECT_THAT(text, HasSubstr("refused  1 high_below_low, 1 duplicate_time (duplicates: 1 with the "
                              "same values, 0 with others)\n"));
  EXPECT_THAT(text, HasSubstr("BARS.csv:5: high: high_below_low"));
}

TEST(IngestSummary, ShowsTheFirstRefusalsAndCountsTheRest) {
  std::string csv = "date,open,high,low,close\n2020-01-06,1,1,1,1\n2020-01-07,1,1,1,1\n";
  for (int i = 0; i < 30; ++i) csv += "bad\n";
  const std::string text = summary(csv);
  EXPECT_THAT(text, HasSubstr("BARS.csv:8:"));
  EXPECT_THAT(text, Not(HasSubstr("BARS.csv:9:")));
  EXPECT_THAT(text, HasSubstr("and 25 more\n"));
  EXPECT_THAT(text, HasSubstr("gaps     none\n"));
  EXPECT_THAT(text, HasSubstr("volume   no such column"));
}

TEST(IngestSummary, SaysWhatBecameOfTheRows) {
  EXPECT_EQ(summary_of_rows({1, 1, 1, 1, 10, 2, 3, 4}),
            "stored   10 new, 2 there already, 3 replaced, 4 conflicts\n");
}

}  // namespace
}  // namespace mendel::cli
