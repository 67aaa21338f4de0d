#include "stages/results_writer/rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "shared/wire/codec.hpp"

namespace mendel::results_writer {
namespace {

using testing::HasSubstr;

durable_log::Entry entry(const wire::Message& message) {
  durable_log::Entry one;
  one.record.payload = wire::encode(message);
  return one;
}

wire::Score score_of(const std::string& symbol, std::int64_t born_at_ns = 1000) {
  wire::Score one;
  one.key = sha256("a genome");
  one.run = "RUN";
  one.generation = 3;
  one.born_at_ns = born_at_ns;
  one.rows = {{market::Window::in_sample, symbol, {}}};
  return one;
}

wire::ScoreBatch batch_of(std::vector<wire::Score> scores) {
  return {"evaluator", std::move(scores)};
}

wire::GenerationRecord generation() {
  wire::GenerationRecord record;
  record.run = "RUN";
  record.generation = 2;
  record.genes = {"fast", "level"};
  record.slots = {{{10, 0.5}, sha256("a"), 0, ""}, {{20, 1e300}, sha256("b"), 1, "ruined"}};
  return record;
}

TEST(Rows, ASampleOfAVerdictHasNone) {
  wire::Score sample = score_of("portfolio");
  sample.blocks = {1, 2};
  EXPECT_TRUE(collect({entry(batch_of({sample}))}).metrics.empty());
  EXPECT_TRUE(collect({entry(batch_of({sample}))}).refused.empty());
}

TEST(Rows, HoldEachMetricKeyOnce) {
  const auto rows = collect({entry(batch_of({score_of("portfolio"), score_of("portfolio")})),
                             entry(batch_of({score_of("portfolio"), score_of("SPX")}))});
  ASSERT_EQ(rows.metrics.size(), 2U);
  EXPECT_EQ(rows.metrics[1].score.symbol, "SPX");
  EXPECT_EQ(rows.metrics[0].strategy_id, sha256("a genome").hex());
}

TEST(Rows, OfTimesThatTheDatabaseCannotTellApartAreOne) {
  const auto rows =
      collect({entry(batch_of({score_of("portfolio", 1001), score_of("portfolio", 1999)}))});
  EXPECT_EQ(rows.metrics.size(), 1U);
}

TEST(Rows, HaveNoMetricsForAnInvalidCandidate) {
  auto invalid = score_of("portfolio");
  invalid.invalid = "too many operations";
  EXPECT_TRUE(collect({entry(batch_of({invalid}))}).metrics.empty());
}

TEST(Rows, ListACandidatePerSlotWithItsGenes) {
  const auto rows = collect({entry(generation()), entry(generation())});
  ASSERT_EQ(rows.generations.size(), 1U);
  ASSERT_EQ(rows.candidates.size(), 2U);
  EXPECT_EQ(rows.candidates[0].genes, R"({"fast":10,"level":0.5})");
  EXPECT_EQ(rows.candidates[1].slot, 1);
  EXPECT_EQ(rows.candidates[1].invalid, "ruined");
}

TEST(Rows, LeaveOutWhatTheTablesCannotHoldAndNameIt) {
  auto endless = generation();
  endless.generation = std::numeric_limits<std::int64_t>::max();
  wire::RunRecord nameless;
  durable_log::Entry broken;
  broken.record.payload = "no frame";
  wire::RunRecord good;
  good.run = "RUN";
  const auto rows =
      collect({entry(endless), entry(nameless), broken, entry(wire::Query{}), entry(good)});
  EXPECT_EQ(rows.refused.size(), 4U);
  EXPECT_EQ(rows.runs.size(), 1U);
}

TEST(Rows, SayWhyAMetricIsUndefined) {
  market::Metrics metrics;
  EXPECT_EQ(undefined_json(metrics), "");
  metrics.undefine(market::Metric::win_rate, market::Undefined::no_trade);
  EXPECT_EQ(undefined_json(metrics), R"({"win_rate":"no_trade"})");
}

TEST(Rows, KeepJsonThatPostgreSqlTakes) {
  EXPECT_EQ(clean_json(R"({"a":[1,"x"]})"), R"({"a":[1,"x"]})");
  EXPECT_EQ(clean_json("{\"a\": \"\\u0000\"}"), R"({"a":"?"})");
  EXPECT_EQ(clean_json("{\"a\": "), "");
  EXPECT_EQ(clean_json(""), "");
}

}  // namespace
}  // namespace mendel::results_writer
