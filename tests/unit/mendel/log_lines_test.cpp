#include "topology/mendel/log_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "shared/config/value.hpp"
#include "shared/wire/codec.hpp"
#include "tests/unit/data_loader/bars.hpp"
#include "tests/unit/results_writer/scores.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

durable_log::Entry entry(const wire::Message& message) {
  durable_log::Entry entry;
  entry.record.payload = wire::encode(message);
  entry.sequence = 7;
  entry.begin = {"000000000001-000001.log", 66};
  return entry;
}

TEST(LogLinesTest, BarsAsCsvAreWhatIngestReads) {
  LogLines lines("bars", LineFormat::csv, "");
  EXPECT_THAT(lines.heading(), StartsWith("source,symbol,timeframe,time,open,"));
  auto batch = data_loader::batch(1, data_loader::daily(0, 2));
  batch.symbol = "BTC,\"USD\"";
  EXPECT_EQ(lines.lines(entry(batch)),
            "test,\"BTC,\"\"USD\"\"\",1d,1970-01-01T00:00:00Z,99.5,101,99,100,1000,0\n"
            "test,\"BTC,\"\"USD\"\"\",1d,1970-01-02T00:00:00Z,100.5,102,100,101,1000,0\n");
}

TEST(LogLinesTest, AScoreAsCsvHasAsManyCellsAsTheHeading) {
  LogLines lines("scores", LineFormat::csv, "");
  const auto commas = [](const std::string& text) {
    return std::count(text.begin(), text.end(), ',');
  };
  const std::string valid = lines.lines(entry(results_writer::batch({results_writer::score(1)})));
  EXPECT_THAT(valid, HasSubstr(",RUN,3,"));
  EXPECT_THAT(valid, HasSubstr(",in_sample,portfolio,1.5,"));
  EXPECT_EQ(commas(valid), commas(lines.heading()));
  wire::Score quarantined = results_writer::score(2);
  quarantined.rows.clear();
  quarantined.invalid = "quarantined";
  const std::string invalid = lines.lines(entry(results_writer::batch({quarantined})));
  EXPECT_THAT(invalid, HasSubstr(",quarantined,"));
  EXPECT_EQ(commas(invalid), commas(lines.heading()));
  EXPECT_EQ(lines.lines(entry(results_writer::run_record("running"))), "");
}

TEST(LogLinesTest, AJsonLineSaysWhereTheRecordIsAndAllThatItSays) {
  LogLines lines("scores", LineFormat::jsonl, "");
  EXPECT_EQ(lines.heading(), "");
  const auto line =
      config::parse_json(lines.lines(entry(results_writer::run_record("running"))), "a line");
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->find("segment")->as_text(), "000000000001-000001.log");
  EXPECT_EQ(line->find("offset")->as_integer(), 66);
  EXPECT_EQ(line->find("sequence")->as_integer(), 7);
  EXPECT_EQ(line->find("message")->as_text(), "run_record");
  EXPECT_EQ(line->find("state")->as_text(), "running");
}

TEST(LogLinesTest, OnlyWhatBelongsToTheRun) {
  LogLines lines("scores", LineFormat::jsonl, "OTHER");
  wire::Score other = results_writer::score(2);
  other.run = "OTHER";
  const std::string line =
      lines.lines(entry(results_writer::batch({results_writer::score(1), other})));
  EXPECT_THAT(line, HasSubstr(results_writer::key(2).hex()));
  EXPECT_THAT(line, ::testing::Not(HasSubstr(results_writer::key(1).hex())));
  EXPECT_EQ(lines.lines(entry(results_writer::run_record("running"))), "");
}

TEST(LogLinesTest, AFrameThatDoesNotDecodeIsCounted) {
  LogLines lines("scores", LineFormat::jsonl, "");
  durable_log::Entry bad;
  bad.record.payload = "no frame";
  EXPECT_EQ(lines.lines(bad), "");
  EXPECT_EQ(lines.unreadable(), 1u);
}

}  // namespace
}  // namespace mendel::cli
