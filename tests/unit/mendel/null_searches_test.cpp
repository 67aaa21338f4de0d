// The p-value of a search against its nulls.
#include "topology/mendel/null_searches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

strategy::Experiment experiment(const std::string& objective = "sharpe_ratio max") {
  auto read = strategy::read_experiment(R"toml(
name = "test"
[data]
source = "s"
symbols = ["X"]
timeframe = "1d"
in_sample = [2020-01-01, 2021-01-01]
out_of_sample = [2021-01-01, 2022-01-01]
[strategy]
entry_long = "close > sma(close, fast)"
exit_long = "close < sma(close, fast)"
[genes]
fast = { int = [5, 50] }
[search]
objectives = [")toml" + objective + "\"]\n",
                                        "test.toml");
  if (!read) ADD_FAILURE() << read.error().message;
  return std::move(*read);
}

TEST(NullP, CountsTheNullsThatAreAtLeastAsGood) {
  EXPECT_EQ(null_p(1.0, {0.5, 1.0, 1.5}, true), 3.0 / 4);
  EXPECT_EQ(null_p(1.0, {0.5, 0.9, 0.99}, true), 1.0 / 4);
  EXPECT_EQ(null_p(1.0, {0.5, 1.0, 1.5}, false), 3.0 / 4);
  EXPECT_EQ(null_p(1.0, {1.5, 2.5, 3.5}, false), 1.0 / 4);
}

TEST(NullP, ANullWithoutAFeasibleGenomeIsWorse) {
  EXPECT_EQ(null_p(-1.0, {std::nullopt, std::nullopt, -0.5}, true), 2.0 / 4);
}

TEST(NullExperiment, DiffersInTheShuffleAndHasNoHoldout) {
  const strategy::Experiment whole = experiment();
  const Result<strategy::Experiment> null = null_experiment(whole, 3);
  ASSERT_TRUE(null) << null.error().message;
  EXPECT_EQ(null->data.shuffle, 3);
  EXPECT_FALSE(null->data.out_of_sample);
  EXPECT_EQ(null->data.in_sample.to_ns, whole.data.in_sample.to_ns);
  EXPECT_EQ(null->search.seed, whole.search.seed);
  EXPECT_NE(null->digest, whole.digest);
  // What evaluators read is the text.
  EXPECT_EQ(strategy::read_experiment(null->canonical_text, "again")->data.shuffle, 3);
}

TEST(BestOfSearch, IsThatOfTheLastGeneration) {
  const auto report = config::parse_json(R"({"history":[{"best":0.1},{"best":0.7}]})", "report");
  EXPECT_EQ(best_of_search(*report), 0.7);
  EXPECT_FALSE(best_of_search(*config::parse_json(R"({"history":[{"best":null}]})", "report")));
  EXPECT_FALSE(best_of_search(config::Value()));
}

TEST(NullValue, IsInTheDocumentAmongTheNumbersAndInWords) {
  config::Value document =
      *config::parse_json(R"({"verdict":{"verdict":"weak","numbers":{"days":5}}})", "document");
  add_null(document, null_value(experiment(), 1.0, {0.5, 1.5, std::nullopt}));
  EXPECT_EQ(document.find_path("null.n")->as_integer(), 3);
  EXPECT_EQ(document.find_path("null.p")->as_number(), 0.5);
  EXPECT_EQ(config::to_json(*document.find_path("null.best")), "[0.5,1.5,null]");
  EXPECT_EQ(document.find_path("null.objective")->as_text(), "sharpe_ratio");
  EXPECT_EQ(document.find_path("verdict.numbers.null_p")->as_number(), 0.5);
  EXPECT_EQ(document.find_path("verdict.numbers.days")->as_integer(), 5);
  EXPECT_THAT(null_text(document), HasSubstr("found as much in 1 of 3 shuffled pasts"));
  EXPECT_THAT(null_text(document), testing::Not(HasSubstr("cannot show less")));
  EXPECT_TRUE(FailIf::parse("null_p > 0.05")->reason(document));
  EXPECT_FALSE(FailIf::parse("null_p > 0.5")->reason(document));
}

TEST(NullValue, TooFewNullsSayHowLittleTheyCanShow) {
  const auto text = [](std::size_t count) {
    config::Value document = *config::parse_json(R"({"verdict":{"numbers":{}}})", "document");
    add_null(document,
             null_value(experiment(), 1.0, std::vector<std::optional<double>>(count, 0.5)));
    return null_text(document);
  };
  EXPECT_THAT(text(5), HasSubstr("in 0 of 5 shuffled pasts"));
  EXPECT_THAT(text(5), HasSubstr("5 shuffled pasts cannot show less than 0.167; 19 are needed "
                                 "for 0.05"));
  EXPECT_THAT(text(1), HasSubstr("1 shuffled past cannot show less than 0.5;"));
  EXPECT_THAT(text(19), testing::Not(HasSubstr("cannot show less")));
}

TEST(NullValue, OfASearchThatFoundNothingIsUndefined) {
  config::Value document = *config::parse_json(R"({"verdict":{"numbers":{}}})", "document");
  add_null(document, null_value(experiment(), std::nullopt, {0.5}));
  EXPECT_TRUE(document.find_path("null.p")->is_null());
  EXPECT_THAT(null_text(document), HasSubstr("undefined"));
  EXPECT_TRUE(FailIf::parse("null_p > 0.05")->reason(document));
}

}  // namespace
}  // namespace mendel::cli
