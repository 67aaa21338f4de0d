// [search]: how genomes come about, when enough of them have, and genes that are searched their
// way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/strategy/samples.hpp"

namespace mendel::strategy {
namespace {

using testing::HasSubstr;
using testing::Not;

Experiment with_search(const std::string& settings) {
  return read(kSample + "[search]\n" + settings + "\n");
}

std::string search_error(const std::string& settings) {
  return error_of(kSample + "[search]\n" + settings + "\n");
}

void expect_same_again(const Experiment& e) { EXPECT_EQ(read(e.canonical_text).digest, e.digest); }

TEST(Search, HasAnOperatorForEveryName) {
  const Experiment usual = with_search("");
  EXPECT_EQ(usual.search.crossover, Crossover::sbx);
  EXPECT_EQ(usual.search.mutation, Mutation::polynomial);
  EXPECT_EQ(usual.search.elites, 25);
  const Experiment e = with_search(
      "crossover = \"blend\"\nmutation = \"reset\"\ncrossover_index = 2.5\nmutation_index = 3\n"
      "adaptive = true\nmethod = \"random\"");
  EXPECT_EQ(e.search.crossover, Crossover::blend);
  EXPECT_EQ(e.search.mutation, Mutation::reset);
  EXPECT_EQ(e.search.crossover_index, 2.5);
  EXPECT_EQ(e.search.mutation_index, 3);
  EXPECT_TRUE(e.search.adaptive);
  EXPECT_EQ(e.search.method, Method::random);
  EXPECT_NE(e.digest, usual.digest);
  EXPECT_EQ(e.semantics_digest, usual.semantics_digest);
  expect_same_again(e);
}

TEST(Search, NamesTheOperatorsThatExist) {
  EXPECT_THAT(search_error("crossover = \"onepoint\""),
              HasSubstr("14:13: 'crossover' must be \"sbx\", \"uniform\" or \"blend\""));
  EXPECT_THAT(search_error("adaptive = 1"), HasSubstr("'adaptive' must be true or false"));
  EXPECT_THAT(search_error("method = \"annealing\""), HasSubstr("\"genetic\", \"random\" or"));
}

TEST(Search, StopsAreOffUntilTheyAreSet) {
  const Experiment off = with_search("");
  EXPECT_EQ(off.search.wall_time_ns, 0);
  EXPECT_FALSE(off.search.target);
  const Experiment e =
      with_search("target = -1.5\nstagnation = 7\nevaluations_max = 500\nwall_time = \"10m\"");
  EXPECT_EQ(e.search.target, -1.5);
  EXPECT_EQ(e.search.stagnation, 7);
  EXPECT_EQ(e.search.evaluations_max, 500);
  EXPECT_EQ(e.search.wall_time_ns, 600'000'000'000);
  expect_same_again(e);
  for (const std::string wrong : {"10", "m", "1.5h", "-3s", "0s", "9999999d", "10 m"})
    EXPECT_THAT(search_error("wall_time = \"" + wrong + "\""), HasSubstr("'wall_time' must be"));
}

TEST(Search, AGridHasTheGenerationsItNeeds) {
  const Experiment e = with_search("method = \"grid\"\npopulation = 4");
  EXPECT_EQ(combinations(e.genes), 19);
  EXPECT_EQ(e.search.generations, 5);
  expect_same_again(e);
  EXPECT_THAT(search_error("method = \"grid\"\ngenerations = 3"),
              HasSubstr("'generations' is not set for a grid, which has as many as it needs"));
}

TEST(Search, AGridThatIsTooLargeOrHasNoStepsIsRefused) {
  const std::string grid = "[search]\nmethod = \"grid\"\n";
  EXPECT_THAT(error_of(with(kSample, "int = [2, 20]", "int = [2, 20000001]") + grid),
              HasSubstr("grid has 20000000 genomes, more than"));
  EXPECT_THAT(error_of(with(kSample, "int = [2, 20]", "real = [2, 20]") + grid),
              HasSubstr("give gene 'fast' a step"));
}

TEST(Search, StartNamesGenomes) {
  const Experiment e = with_search("start = [\"fast=5\", \"fast=7\"]");
  EXPECT_EQ(e.search.start, (std::vector<Genome>{{5}, {7}}));
  expect_same_again(e);
  EXPECT_THAT(search_error("start = [\"fast=500\"]"), HasSubstr("gene 'fast' cannot be '500'"));
  EXPECT_THAT(search_error("start = [\"slow=5\"]"), HasSubstr("unknown gene 'slow'"));
  EXPECT_THAT(search_error("start = [\"\"]"), HasSubstr("add, for example, fast="));
  EXPECT_THAT(
      error_of(with(kSample, "int = [2, 20]", "real = [0.01, 0.2]") + "[search]\nstart = [\"\"]\n"),
      testing::EndsWith("add, for example, fast=0.105"));
  EXPECT_THAT(error_of(with(kSample, "exit_long", "constraints = [\"fast > 9\"]\nexit_long") +
                       "[search]\nstart = [\"fast=5\"]\n"),
              HasSubstr("breaks constraint 'fast > 9'"));
  EXPECT_THAT(search_error("population = 2\nstart = [\"fast=5\", \"fast=6\", \"fast=7\"]"),
              HasSubstr("more than the first generation's 2"));
}

TEST(Genes, ALogarithmicRangeIsAboveZero) {
  const Experiment e = read(with(kSample, "int = [2, 20]", "int = [2, 20], log = true"));
  EXPECT_TRUE(e.genes.front().logarithmic);
  expect_same_again(e);
  EXPECT_THAT(error_of(with(kSample, "int = [2, 20]", "int = [0, 20], log = true")),
              HasSubstr("log = true needs a range above 0"));
}

TEST(Genes, TheValueOfABoolIsFalseOrTrueOr0Or1) {
  const auto value_of = [](const std::string& value) {
    const Experiment e =
        read(with(with(kSample, "fast = {",
                       "calm = { bool = [false, true], value = " + value + " }\nfast = {"),
                  "exit_long = \"", "exit_long = \"calm or "));
    return e.genes.front().value;
  };
  EXPECT_EQ(value_of("true"), 1);
  EXPECT_EQ(value_of("false"), 0);
  EXPECT_EQ(value_of("1"), 1);
  EXPECT_THAT(error_of(with(kSample, "[2, 20] }", "[2, 20], value = true }")),
              HasSubstr("value is none of those that the gene may have"));
}

TEST(Genes, ABoolIsAConditionOfItsName) {
  const Experiment e =
      read(with(with(kSample, "fast = {", "calm = { bool = [false, true] }\nfast = {"),
                "exit_long = \"", "exit_long = \"calm or "));
  EXPECT_EQ(e.genes.front().name, "calm");
  EXPECT_TRUE(e.genes.front().is_bool());
  EXPECT_THAT(e.canonical_text, HasSubstr("calm = { choice = [0, 1] }"));
  EXPECT_THAT(e.canonical_text, HasSubstr("calm > 0"));
  expect_same_again(e);
  EXPECT_EQ(*genome_from_words(e, {"calm=true", "fast=5"}), (Genome{1, 5}));
}

TEST(Results, AboveAMillionCandidatesTheDatabaseKeepsSome) {
  const Experiment small = with_search("population = 1000\ngenerations = 1000");
  EXPECT_EQ(small.results.database, Stored::all);
  EXPECT_THAT(small.canonical_text, Not(HasSubstr("[results]")));
  const Experiment large = with_search("population = 1000\ngenerations = 1001");
  EXPECT_EQ(large.results.database, Stored::kept);
  expect_same_again(large);
}

TEST(Results, WhatTheDatabaseTakesIsInNoDigestOfGenerations) {
  const Experiment usual = read(kSample);
  const Experiment all = read(kSample + "[results]\ndatabase = \"all\"\n");
  EXPECT_EQ(all.digest, usual.digest);
  const Experiment kept = read(kSample, {{"results.database", "\"kept\""}});
  EXPECT_EQ(kept.results.database, Stored::kept);
  EXPECT_NE(kept.digest, usual.digest);
  EXPECT_EQ(kept.nameless_digest, usual.nameless_digest);
  EXPECT_EQ(kept.semantics_digest, usual.semantics_digest);
  expect_same_again(kept);
  const Experiment wish =
      read(kSample + "[results]\ndatabase = \"all\"\n", {{"search.generations", "100000"}});
  EXPECT_EQ(wish.results.database, Stored::all);
  expect_same_again(wish);
}

TEST(Results, AnotherWordIsRefused) {
  EXPECT_THAT(error_of(kSample + "[results]\ndatabase = \"some\"\n"),
              HasSubstr("14:12: 'database' must be \"all\" or \"kept\""));
}

}  // namespace
}  // namespace mendel::strategy
