#include "topology/mendel/fork.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

strategy::Experiment experiment(const std::string& genes, const std::string& fee = "1") {
  auto read = strategy::read_experiment(
      "[data]\nsource = \"csv\"\nsymbols = [\"X\"]\ntimeframe = \"1d\"\n"
      "in_sample = [2020-01-01, 2021-01-01]\n[strategy]\ndirection = \"long\"\n"
      "entry_long = \"close > ma(kind, close, fast)\"\nexit_long = \"close < sma(close, 9)\"\n"
      "constraints = [\"fast != 13\"]\n[genes]\nkind = { choice = [\"sma\", \"ema\"] }\n" +
          genes + "\n[costs]\nfee_bps = " + fee + "\n[search]\npopulation = 4\n",
      "x.toml");
  EXPECT_TRUE(read) << read.error().message;
  return read ? *read : strategy::Experiment();
}

config::Value genomes(const std::vector<int>& fasts) {
  config::Value all = config::Value::array();
  for (const int fast : fasts) {
    config::Value genes;
    genes.set("fast", fast);
    genes.set("kind", fast % 2 == 0 ? "sma" : "ema");
    all.push(genes);
  }
  return all;
}

const char* const kFast = "fast = { int = [2, 30] }";

TEST(Fork, StartsAChangedExperimentFromTheGenomesThatFitIt) {
  const auto changed = experiment("fast = { int = [5, 20] }", "2.5");
  const auto fork = fork_of(experiment(kFast), changed, genomes({12, 3, 7, 13, 12, 25}));
  ASSERT_TRUE(fork) << fork.error().message;
  EXPECT_EQ(fork->experiment.search.start, (std::vector<strategy::Genome>{{12, 0}, {7, 1}}));
  EXPECT_EQ(fork->taken, 2u);
  EXPECT_EQ(fork->left_out, 4u);
  EXPECT_EQ(fork->experiment.semantics_digest, changed.semantics_digest);
}

TEST(Fork, TakesNoMoreThanTheFirstGenerationHasSlots) {
  const auto same = experiment(kFast);
  const auto fork = fork_of(same, same, genomes({2, 3, 4, 5, 6, 7}));
  ASSERT_TRUE(fork) << fork.error().message;
  EXPECT_EQ(fork->experiment.search.start.size(), 4u);
}

TEST(Fork, NeedsTheSameGenesAndAGenomeThatFits) {
  const auto error_of = [](const auto& fork) { return fork ? "" : fork.error().message; };
  const auto choice = experiment("fast = { choice = [5, 7] }");
  EXPECT_THAT(error_of(fork_of(experiment(kFast), choice, genomes({5}))),
              HasSubstr("'fast' is gone or of another kind"));
  EXPECT_THAT(error_of(fork_of(experiment(kFast), experiment(kFast), genomes({13, 40}))),
              HasSubstr("within the ranges and constraints"));
  EXPECT_THAT(error_of(fork_of(experiment(kFast), experiment(kFast), config::Value())),
              HasSubstr("no genomes yet"));
}

TEST(Fork, OfASmallerPopulationSaysWhichSettingsOfTheRunDoNotFitIt) {
  const auto run = changed_experiment(experiment(kFast), "01X",
                                      {{"search.population", "50"}, {"search.elites", "5"}});
  ASSERT_TRUE(run) << run.error().message;
  strategy::Overrides overrides = {{"search.population", "2", "--set search.population"}};
  const auto refused = changed_experiment(*run, "01X", overrides);
  ASSERT_FALSE(refused);
  EXPECT_THAT(
      refused.error().message,
      HasSubstr("'elites' is 5; it must be from 0 to 1; it is the run's own setting: add, for "
                "example, --set search.elites=1 --set search.tournament=1\n"));
  for (const char* key : {"search.elites", "search.tournament"}) overrides.push_back({key, "1"});
  EXPECT_TRUE(changed_experiment(*run, "01X", overrides));
  overrides.back().value = "9";
  const auto wrong = changed_experiment(*run, "01X", overrides);
  EXPECT_EQ(wrong.error().message.find("the run's own"), std::string::npos);
}

TEST(Fork, RefusesAStartOfItsOwn) {
  auto meant = experiment(kFast);
  meant.search.start = {{7, 1}};
  const auto fork = fork_of(experiment(kFast), meant, genomes({12}));
  ASSERT_FALSE(fork);
  EXPECT_THAT(fork.error().message, HasSubstr("leave search.start out"));
  EXPECT_TRUE(fork_of(meant, meant, genomes({12})));  // a fork of a fork
}

}  // namespace
}  // namespace mendel::cli
