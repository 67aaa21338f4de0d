#include "stages/ingestor/job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::ingestor {
namespace {

using testing::HasSubstr;

Job job() {
  Job job;
  job.id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  job.file = "BARS.csv";
  job.symbol = "BTC-USD";
  return job;
}

std::string refusal(const Job& bad) {
  const Status status = check_job(bad);
  return status ? "" : status.error().message;
}

TEST(Job, SurvivesItsJson) {
  Job original = job();
  original.timeframe = "1h";
  original.tz = "+02:00";
  original.tz_file = std::string("TZif\0\xff", 6);
  original.stamp = "close";
  original.volume = "Volume \"ETH\"";
  original.source = "coinbase";
  original.revision = 3;
  original.strict = true;
  const auto value = config::parse_json(config::to_json(to_value(original)), "test");
  ASSERT_TRUE(value);
  const auto read = job_from(*value, "x.job");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(config::to_json(to_value(*read)), config::to_json(to_value(original)));
  EXPECT_EQ(read->tz_file, original.tz_file);
}

TEST(Job, RefusesADocumentThatIsNone) {
  EXPECT_FALSE(job_from(config::Value(), "x.job"));
  config::Value value = to_value(job());
  value.set("revision", "one");
  EXPECT_THAT(job_from(value, "x.job").error().message, HasSubstr("x.job: is no job: 'revision'"));
  value = to_value(job());
  value.set("tz_file", "0g");
  EXPECT_THAT(job_from(value, "x.job").error().message, HasSubstr("'tz_file'"));
  value = to_value(job());
  value.set("symbol", "a b");
  EXPECT_THAT(job_from(value, "x.job").error().message, HasSubstr("x.job: --symbol 'a b'"));
}

TEST(Job, RefusesNamesThatCannotBeStored) {
  for (const std::string& name : {std::string("a b"), std::string("portfolio"),
                                  std::string(65, 'x'), std::string("a\nb"), std::string("ä")}) {
    EXPECT_FALSE(check_name("--symbol", name)) << name;
  }
  EXPECT_FALSE(check_name("--symbol", ""));
  for (const char* name : {"BTC-USD", "^GSPC", "BRK.B", "EUR/USD", "ES=F", "S&P"}) {
    EXPECT_TRUE(check_name("--symbol", name)) << name;
  }
}

TEST(Job, RefusesOptionsThatAreNone) {
  Job bad = job();
  bad.timeframe = "1x";
  EXPECT_THAT(refusal(bad), HasSubstr("--timeframe '1x'"));
  bad = job();
  bad.stamp = "middle";
  EXPECT_THAT(refusal(bad), HasSubstr("--stamp 'middle'"));
  bad = job();
  bad.revision = -1;
  EXPECT_THAT(refusal(bad), HasSubstr("--revision -1"));
  bad = job();
  bad.tz = "Mars/Olympus";
  EXPECT_THAT(refusal(bad), HasSubstr("--tz 'Mars/Olympus'"));
  EXPECT_EQ(refusal(job()), "");
}

TEST(Job, TakesTheSymbolOfTheFileWhenNoneIsGiven) {
  Job unnamed = job();
  unnamed.symbol = "";
  market::BarReport report;
  EXPECT_THAT(symbol_of(unnamed, report).error().message, HasSubstr("--symbol"));
  report.symbol = "BTCUSD";
  EXPECT_EQ(*symbol_of(unnamed, report), "BTCUSD");
  EXPECT_EQ(*symbol_of(job(), report), "BTC-USD");
  report.symbol = "a b";
  EXPECT_FALSE(symbol_of(unnamed, report));
}

TEST(JobReport, SurvivesItsJson) {
  JobReport original;
  original.id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  original.state = "stored";
  original.symbol = "X";
  original.beat = 4;
  original.shipped = {5, 5, 5, 5, 10, 20, 30, 40};
  const auto value = config::parse_json(config::to_json(to_value(original)), "test");
  const auto read = report_from(*value, "x.report");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(config::to_json(to_value(*read)), config::to_json(to_value(original)));
  EXPECT_TRUE(read->final());
  EXPECT_FALSE(report_from(config::Value(), "x.report"));
}

TEST(JobReport, ListsWhatWasRefusedByRule) {
  market::BarReport report;
  report.file = "BARS.csv";
  report.refused[static_cast<std::size_t>(market::BarRule::high_below_low)] = 2;
  report.first_refusals.push_back({7, "high", market::BarRule::high_below_low, "1"});
  const std::string json = config::to_json(to_value(report));
  EXPECT_THAT(json, HasSubstr("\"refused\":{\"high_below_low\":2}"));
  EXPECT_THAT(json, HasSubstr("\"BARS.csv:7: high: high_below_low (1)\""));
}

}  // namespace
}  // namespace mendel::ingestor
