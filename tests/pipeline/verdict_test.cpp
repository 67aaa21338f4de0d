// The verdict, from a search to a command's exit code and the database.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "shared/base/rng.hpp"
#include "shared/base/time.hpp"
#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;

// Of 512 uniform genomes and those of the search, but for the few that never trade.
void expect_overfitting(const config::Value& document) {
  for (const char* name : {"pbo", "pbo_uniform", "pbo_bred"}) {
    const double probability = number_at(document, std::string("verdict.numbers.") + name);
    EXPECT_GE(probability, 0) << name;
    EXPECT_LE(probability, 1) << name;
    // A share of the splits.
    EXPECT_NEAR(probability * 12870, std::round(probability * 12870), 1e-6) << name;
  }
  EXPECT_GT(number_at(document, "verdict.numbers.pbo_genomes"), 500);
  EXPECT_LE(number_at(document, "verdict.numbers.pbo_genomes"),
            512 + number_at(document, "evaluations"));
}

TEST(Verdict, IsPrintedKeptStoredAndFailsWhenAsked) {
  const std::string demo = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/";
  Pipeline pipeline(2);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(demo + "sp500_1d.csv", "SP500", "vega-datasets");
  std::vector<std::string> words = {"evolve",    demo + "experiment.toml", "--json",
                                    "--fail-if", "verdict != plausible",   "--fail-if",
                                    "pbo >= 0"};
  words.insert(words.end(), kSmallDemo.begin(), kSmallDemo.end());
  const Said said = pipeline.mendel(words);
  EXPECT_EQ(said.code, 1) << said.err;
  EXPECT_THAT(said.err, HasSubstr("--fail-if \"verdict != plausible\": the verdict is reject: "));
  EXPECT_THAT(said.err, HasSubstr("FAILED  deflated_sharpe"));
  const Result<config::Value> document = config::parse_json(said.out, "evolve --json");
  ASSERT_TRUE(document) << said.out;
  EXPECT_EQ(text_at(*document, "digest"), kSmallDemoDigest);
  EXPECT_EQ(text_at(*document, "verdict.verdict"), "reject");
  EXPECT_EQ(number_at(*document, "verdict.numbers.trials"), number_at(*document, "evaluations"));
  EXPECT_EQ(number_at(*document, "verdict.numbers.days"), 1763);
  expect_overfitting(*document);
  EXPECT_THAT(said.err, HasSubstr("--fail-if \"pbo >= 0\": pbo is 0"));
  EXPECT_THAT(said.err, HasSubstr("12870 splits"));
  EXPECT_NEAR(number_at(*document, "verdict.numbers.in_sample_sharpe"),
              number_at(*document, "best.in_sample.sharpe_ratio"), 1e-9);
  const std::string run = text_at(*document, "run");
  const Said shown = pipeline.mendel({"show", run, "--json"});
  const Result<config::Value> again = config::parse_json(shown.out, "show --json");
  ASSERT_TRUE(again) << shown.out << shown.err;
  EXPECT_EQ(config::to_json(*again->find("verdict")), config::to_json(*document->find("verdict")));
  EXPECT_EQ(pipeline.sql(fmt::format(
                "SELECT report->'verdict'->>'verdict' FROM mendel.runs WHERE run = '{}'", run)),
            "reject");
}

TEST(Verdict, AConditionThatCannotBeReadIsRefusedBeforeAnythingRuns) {
  const ScratchFolder folder;
  const Said said =
      mendel({"evolve", std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml",
              "--state", folder.path(), "--fail-if", "trails > 5"});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, HasSubstr("did you mean 'trials'?"));
  EXPECT_EQ(said.err.find("starting"), std::string::npos) << said.err;
}

// 1,200 days of noise. With `cycle`, it drifts up for a hundred days and down for a hundred: longer
// than what a null keeps together.
std::string bars_with(double cycle) {
  std::string csv = "date,open,high,low,close,volume\n";
  Draws draws(3, 0, 0, 0, Purpose::sample);
  double close = 100;
  for (int day = 0; day < 1200; ++day) {
    const double drift = day / 100 % 2 == 0 ? cycle : -cycle;
    const double open = close;
    close = open * (1 + drift + 0.02 * (draws.unit() - 0.5));
    csv += fmt::format("{},{:.4f},{:.4f},{:.4f},{:.4f},1\n", format_date((18262 + day) * kNsPerDay),
                       open, std::max(open, close) * 1.001, std::min(open, close) * 0.999, close);
  }
  return csv;
}

const char* const kCycles = R"toml(
name = "cycles"
[data]
source = "hand"
symbols = ["X"]
timeframe = "1d"
in_sample = [2020-03-01, 2023-04-15]
periods_per_year = 365
[strategy]
direction = "long"
entry_long = "close > sma(close, slow)"
exit_long = "close < sma(close, slow)"
[genes]
slow = { int = [25, 45] }
[search]
population = 8
generations = 2
seed = 1
objectives = ["sharpe_ratio max"]
)toml";

// `mendel evolve` with nine nulls; fails when p is above 0.15.
Said nulls_of(const Pipeline& pipeline, const std::string& experiment, const std::string& symbol) {
  return pipeline.mendel({"evolve", experiment, "--json", "--set",
                          fmt::format("data.symbols=[\"{}\"]", symbol), "--null", "9", "--fail-if",
                          "null_p > 0.15"});
}

TEST(Nulls, APlantedPatternHasASmallPAndNoiseALargeOneAgainAndAgain) {
  const ScratchFolder folder;
  std::ofstream(folder.file("experiment.toml")) << kCycles;
  std::ofstream(folder.file("cycle.csv")) << bars_with(0.004);
  std::ofstream(folder.file("noise.csv")) << bars_with(0);
  Pipeline pipeline(2);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(folder.file("cycle.csv"), "CYCLE", "hand");
  pipeline.ingest(folder.file("noise.csv"), "NOISE", "hand");
  std::string noise;
  for (const std::string symbol : {"CYCLE", "NOISE", "NOISE"}) {
    const Said said = nulls_of(pipeline, folder.file("experiment.toml"), symbol);
    const Result<config::Value> document = config::parse_json(said.out, "evolve --json");
    ASSERT_TRUE(document) << said.out << said.err;
    const std::string null = config::to_json(*document->find("null"));
    const double p = number_at(*document, "null.p");
    EXPECT_EQ(said.code, symbol == "CYCLE" ? 0 : 1) << said.err;
    EXPECT_EQ(p <= 0.1, symbol == "CYCLE") << null;
    EXPECT_EQ(number_at(*document, "verdict.numbers.null_p"), p);
    EXPECT_EQ(document->find_path("null.best")->items().size(), 9u);
    EXPECT_THAT(said.err, HasSubstr("of 9 shuffled pasts"));
    // Nulls are no tries of this history.
    EXPECT_EQ(number_at(*document, "verdict.numbers.trials"), number_at(*document, "evaluations"));
    if (symbol == "NOISE" && !noise.empty()) {
      EXPECT_EQ(null, noise);
    }
    if (symbol == "NOISE") noise = null;
  }
  EXPECT_EQ(pipeline.sql("SELECT count(*) FROM mendel.runs WHERE name LIKE 'cycles-null-%'"), "27");
}

TEST(Nulls, AConditionOnThemWithoutThemIsRefused) {
  const ScratchFolder folder;
  const Said said =
      mendel({"evolve", std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml",
              "--state", folder.path(), "--fail-if", "null_p > 0.05"});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, HasSubstr("--null 50"));
}

}  // namespace
}  // namespace mendel::testing
