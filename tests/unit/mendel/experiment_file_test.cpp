#include "topology/mendel/experiment_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/scratch_folder.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

const std::string kRoot = MENDEL_SOURCE_DIR;
const std::string kDemo = kRoot + "/topology/demo/experiment.toml";

Error error_of(const Command& command, const std::vector<std::string>& words) {
  const auto arguments = config::parse_arguments(command.spec, words);
  if (!arguments) return arguments.error();
  const Result<int> code = command.run(*arguments);
  return code ? configuration_error("(no error)") : code.error();
}

TEST(ExperimentFile, BarsAreSaidToBeBars) {
  const std::string bars = kRoot + "/topology/demo/sp500_1d.csv";
  const Error error = error_of(evolve_command(), {bars, "--state", "/nonexistent"});
  EXPECT_EQ(error.kind, ErrorKind::configuration);
  EXPECT_THAT(error.message, HasSubstr("sp500_1d.csv: this looks like a CSV file of bars"));
  EXPECT_THAT(error.message, HasSubstr("'mendel ingest " + bars + "' takes it"));
  EXPECT_THAT(error_of(check_command(), {bars}).message, HasSubstr("a CSV file of bars"));
}

TEST(ExperimentFile, BarsAreToldFromToml) {
  EXPECT_TRUE(looks_like_bars("date,open,high,low,close\n2020-01-01,1,1,1,1\n"));
  EXPECT_TRUE(looks_like_bars("https://www.example.com\nunix;date;open;high;low;close\n"));
  EXPECT_TRUE(looks_like_bars("# bars\n\n1577836800,1,1,1,1"));
  EXPECT_FALSE(looks_like_bars("name = \"a,b,c,d,e,f\"\n"));
  EXPECT_FALSE(looks_like_bars("symbols = [\n\"a\",\"b\",\"c\",\"d\",\"e\"]\n"));
  EXPECT_FALSE(looks_like_bars("[data]\nsource = 1"));
  EXPECT_FALSE(looks_like_bars("nothing of either"));
  EXPECT_FALSE(looks_like_bars(""));
}

TEST(ExperimentFile, AGeneIsNoKeyOfASearch) {
  const auto error =
      error_of(evolve_command(), {kDemo, "--state", "/nonexistent", "--set", "strength=10"});
  EXPECT_EQ(error.kind, ErrorKind::configuration);
  EXPECT_EQ(error.message,
            "--set strength: 'strength' is a gene, which the search chooses; --set takes keys like "
            "search.population here, and genes in 'mendel backtest'");
  EXPECT_THAT(error_of(demo_command(), {"--set", "streng=10"}).message,
              HasSubstr("--set streng: unknown key 'streng'"));
}

TEST(ExperimentFile, AKeyIsNoGeneOfABacktest) {
  const auto error = error_of(backtest_command(), {kDemo, "--set", "search.population=10"});
  EXPECT_EQ(error.kind, ErrorKind::configuration);
  EXPECT_EQ(error.message,
            "--set search.population: no gene is called so; --set takes genes here, and keys of "
            "the experiment in 'mendel evolve'");
}

TEST(Evolve, RefusesAnotherDatabaseThanThatOfTheRunningPipeline) {
  const testing::ScratchFolder folder;
  const auto lock = StateLock::take(folder.path(), kUpCommand);
  ASSERT_TRUE(lock);
  for (const char* mode : {"--json", "--no-follow"}) {
    const Error error = error_of(evolve_command(),
                                 {kDemo, "--state", folder.path(), "--database", "private", mode});
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_THAT(error.message,
                HasSubstr("--database private: the pipeline that runs in " + folder.path()));
    EXPECT_THAT(error.message, HasSubstr("has its own database; leave --database out"));
  }
}

}  // namespace
}  // namespace mendel::cli
