// The verdict, from a search to a command's exit code and the database.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

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

}  // namespace
}  // namespace mendel::testing
