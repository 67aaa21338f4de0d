#include "topology/mendel/seed_spread.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "topology/mendel/seeds.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

strategy::Experiment experiment(const std::string& search) {
  auto read = strategy::read_experiment(
      "name = \"x\"\n[data]\nsource = \"csv\"\nsymbols = [\"X\"]\ntimeframe = \"1d\"\n"
      "in_sample = [2020-01-01, 2021-01-01]\n[strategy]\ndirection = \"long\"\n"
      "entry_long = \"close > ma(kind, close, fast)\"\nexit_long = \"close < sma(close, 9)\"\n"
      "[genes]\nkind = { choice = [\"sma\", \"ema\"] }\nfast = { int = [2, 22] }\n[search]\n"
      "objectives = [\"calmar_ratio max\"]\n" +
          search,
      "x.toml");
  EXPECT_TRUE(read) << read.error().message;
  return read ? *read : strategy::Experiment();
}

SeedResult result(std::uint64_t seed, double in, const char* out, int fast, const char* kind) {
  const std::string text = fmt::format(
      R"({{"run": "R{}", "evaluations": {}, "generations": 3, "cache_hits": 0.5, "digest": "ab",
          "verdict": {{"verdict": "weak"}},
          "best": {{"genes": {{"fast": {}, "kind": "{}"}},
                    "in_sample": {{"calmar_ratio": {}, "sharpe_ratio": 9}},
                    "out_of_sample": {{"calmar_ratio": {}}}}}}})",
      seed, 100 + seed, fast, kind, in, out);
  auto report = config::parse_json(text, "report");
  EXPECT_TRUE(report) << report.error().message;
  return {seed, report ? *report : config::Value()};
}

SeedResult nothing_feasible(std::uint64_t seed) {
  auto report = config::parse_json(
      R"({"run": "N", "evaluations": 10, "best": null, "verdict": {"verdict": "reject"}})", "");
  return {seed, *report};
}

std::string json_at(const config::Value& value, const char* path) {
  const config::Value* found = value.find_path(path);
  return found == nullptr ? "none" : config::to_json(*found);
}

TEST(SeedSpread, IsLeastMedianAndMostOfTheFirstObjective) {
  const config::Value value = seed_spread_value(
      experiment(""), {result(7, 1.5, "0.25", 5, "sma"), result(8, 0.5, "null", 5, "sma"),
                       result(9, 3.0, "0.75", 10, "ema")});
  EXPECT_EQ(json_at(value, "objective"), "\"calmar_ratio\"");
  EXPECT_EQ(json_at(value, "spread.in_sample"), R"({"least":0.5,"median":1.5,"most":3.0})");
  EXPECT_EQ(json_at(value, "spread.out_of_sample"), R"({"least":0.25,"median":0.5,"most":0.75})");
  EXPECT_EQ(json_at(value, "spread.evaluations.median"), "108.0");
  EXPECT_EQ(json_at(value, "verdicts"), R"({"weak":3})");
  EXPECT_EQ(json_at(value.find("runs")->items()[2], "run"), "\"R9\"");
}

TEST(SeedSpread, TellsHowFarThePicksLieApartGeneByGene) {
  const config::Value value = seed_spread_value(
      experiment(""),
      {result(7, 1, "1", 5, "sma"), result(8, 1, "1", 5, "sma"), result(9, 1, "1", 10, "ema")});
  EXPECT_EQ(json_at(value, "genes.fast"),
            R"({"least":5.0,"median":5.0,"most":10.0,"share_of_range":0.25})");
  EXPECT_EQ(json_at(value, "genes.kind"), R"({"counts":{"sma":2,"ema":1}})");
  EXPECT_EQ(json_at(value, "picks"), "2");
}

TEST(SeedSpread, ARunWithoutAFeasibleGenomeIsShownAndDoesNotCount) {
  const config::Value value =
      seed_spread_value(experiment(""), {result(7, 1, "1", 5, "sma"), nothing_feasible(8)});
  EXPECT_EQ(json_at(value, "spread.in_sample"), R"({"least":1.0,"median":1.0,"most":1.0})");
  EXPECT_EQ(json_at(value, "genes.kind"), R"({"counts":{"sma":1}})");
  EXPECT_EQ(json_at(value, "verdicts"), R"({"reject":1,"weak":1})");
  const std::string text = seed_spread_text(value);
  EXPECT_THAT(text, HasSubstr("8     –          –              10           reject   no feasible"));
  const config::Value none = seed_spread_value(experiment(""), {nothing_feasible(8)});
  EXPECT_EQ(json_at(none, "spread.in_sample"), "null");
  EXPECT_THAT(seed_spread_text(none), HasSubstr("1 seed, 0 different picks"));
}

TEST(SeedSpread, TheTableHasALineForEverySeedAndGene) {
  const std::string text = seed_spread_text(seed_spread_value(
      experiment(""), {result(7, 1.5, "0.25", 5, "sma"), result(8, 0.5, "0.5", 10, "ema")}));
  EXPECT_THAT(text, HasSubstr("calmar_ratio of the picks"));
  EXPECT_THAT(text, HasSubstr("7     1.500      0.250          107          weak     fast=5 kind"));
  EXPECT_THAT(text, HasSubstr("in sample      0.500   1.000  1.500\n"));
  EXPECT_THAT(text, HasSubstr("fast    5     7.5   10  25 % of its range\n"));
  EXPECT_THAT(text, HasSubstr("kind  1 × sma, 1 × ema\n"));
}

TEST(Seeds, AreRefusedWhereTheyMeanNothing) {
  const Status grid = check_seeds(experiment("method = \"grid\"\n"), 5);
  ASSERT_FALSE(grid);
  EXPECT_EQ(grid.error().kind, ErrorKind::configuration);
  EXPECT_THAT(grid.error().message, HasSubstr("every seed tries the same genomes"));
  const auto last = experiment("seed = 9223372036854775806\n");
  EXPECT_TRUE(check_seeds(last, 2));
  ASSERT_FALSE(check_seeds(last, 3));
  EXPECT_THAT(check_seeds(last, 3).error().message, HasSubstr("up to 9223372036854775805"));
}

}  // namespace
}  // namespace mendel::cli
