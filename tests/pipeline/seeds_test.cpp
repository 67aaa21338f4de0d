// The same experiment with several seeds, and a search that starts from what one of them found.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kDemo = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/";

std::vector<std::string> evolve(const std::vector<std::string>& more) {
  std::vector<std::string> words = {"evolve", kDemo + "experiment.toml", "--json"};
  words.insert(words.end(), kSmallDemo.begin(), kSmallDemo.end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string json_at(const config::Value& document, const char* path) {
  const config::Value* found = document.find_path(path);
  return found == nullptr ? "none" : config::to_json(*found);
}

// "ceiling=70 fast=27 …", as search.start takes it.
std::string words_of(const config::Value& genes) {
  std::string words;
  for (const auto& [name, value] : genes.entries())
    words += fmt::format("{}{}={}", words.empty() ? "" : " ", name, value.as_number());
  return words;
}

TEST(Seeds, ShowHowFarTheyLieApartAndAreTheSameAgain) {
  Pipeline pipeline(2);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(kDemo + "sp500_1d.csv", "SP500", "vega-datasets");
  const Said said = pipeline.mendel(evolve({"--seeds", "2", "--fail-if", "verdict != plausible"}));
  EXPECT_EQ(said.code, 1) << said.err;
  EXPECT_THAT(said.err, AllOf(HasSubstr("2 seeds, "), HasSubstr("mendel: seed 42: --fail-if")));
  const Result<config::Value> first = config::parse_json(said.out, "--seeds --json");
  ASSERT_TRUE(first) << said.out << said.err;
  const auto& runs = first->find("runs")->items();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(text_at(runs[0], "digest"), kSmallDemoDigest);
  EXPECT_EQ(number_at(runs[1], "seed"), 43);
  EXPECT_NE(text_at(runs[1], "digest"), kSmallDemoDigest);
  EXPECT_EQ(number_at(*first, "spread.in_sample.most"),
            std::max(number_at(runs[0], "in_sample"), number_at(runs[1], "in_sample")));

  const Said again = pipeline.mendel(evolve({"--seeds", "2"}));
  EXPECT_EQ(again.code, 0) << again.err;
  const Result<config::Value> second = config::parse_json(again.out, "--seeds --json");
  ASSERT_TRUE(second) << again.out;
  for (const char* path : {"spread", "genes", "picks"})
    EXPECT_EQ(json_at(*second, path), json_at(*first, path)) << path;
  for (const config::Value& run : second->find("runs")->items())
    EXPECT_EQ(number_at(run, "cache_hits"), 1) << "all is known from the first time";

  const std::string start = words_of(*runs[1].find("genes"));
  const config::Value warm = pipeline.evolve(kDemo + "experiment.toml",
                                             {"--population", "48", "--generations", "1", "--set",
                                              fmt::format("search.start=[\"{}\"]", start)});
  EXPECT_GE(number_at(warm, "best.in_sample.sharpe_ratio"), number_at(runs[1], "in_sample"));
}

}  // namespace
}  // namespace mendel::testing
