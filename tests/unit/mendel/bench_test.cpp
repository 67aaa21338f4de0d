// `mendel bench` for real, on the demo's bars: what it prints, never how fast it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "shared/config/value.hpp"
#include "topology/mendel/command.hpp"

namespace mendel::cli {
namespace {

using testing::HasSubstr;

struct Printed {
  int code = -1;
  std::string text;  // or the error
};

Printed run(const std::vector<std::string>& words) {
  const Command command = bench_command();
  const Result<config::Arguments> arguments = config::parse_arguments(command.spec, words);
  if (!arguments) return {-1, arguments.error().message};
  testing::internal::CaptureStdout();
  const Result<int> code = command.run(*arguments);
  const std::string printed = testing::internal::GetCapturedStdout();
  return code ? Printed{*code, printed} : Printed{-1, code.error().message};
}

const std::string kDemo = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/";

TEST(BenchCommand, ScoresTheDemoInAllWays) {
  const Printed printed = run({"--population", "20", "--threads", "2", "--json"});
  EXPECT_EQ(printed.code, 0) << printed.text;
  const auto document = config::parse_json(printed.text, "output");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->find("experiment")->as_text(), "sp500_trend");
  EXPECT_EQ(document->find("population")->as_integer(), 20);
  EXPECT_EQ(document->find("threads")->as_integer(), 2);
  EXPECT_EQ(document->find("bars")->as_integer(), 1763);  // 2008 to 2014
  EXPECT_EQ(document->find("compared")->as_integer(), 20);
  EXPECT_EQ(document->find("differing")->as_integer(), 0);
  EXPECT_GT(document->find("trades_per_strategy")->as_number(), 0);
  EXPECT_GT(document->find("peak_memory_bytes")->as_integer(), 1 << 20);
  std::vector<std::string> ways;
  for (const auto& [name, way] : document->find("ways")->entries()) {
    ways.push_back(name);
    EXPECT_GT(way.find("strategies_per_second")->as_number(), 0) << name;
    EXPECT_GE(way.find("repetitions")->as_integer(), 5) << name;
  }
  EXPECT_THAT(
      ways, testing::ElementsAre("plain_loop", "kernel", "kernel_columns_kept", "kernel_threads"));
}

TEST(BenchCommand, TakesAnExperimentAndBarsOfTheUsers) {
  const Printed printed = run({kDemo + "experiment.toml", "--csv", kDemo + "sp500_1d.csv",
                               "--symbol", "INDEX", "--population", "3", "--threads", "8"});
  EXPECT_EQ(printed.code, 0) << printed.text;
  EXPECT_THAT(printed.text, HasSubstr("sp500_trend: 3 strategies"));
  EXPECT_THAT(printed.text, HasSubstr("kernel, 3 threads"));
  EXPECT_THAT(printed.text, HasSubstr("agree on the trades of 3 strategies"));
}

TEST(BenchCommand, SaysWhatIsMissing) {
  EXPECT_THAT(run({kDemo + "experiment.toml"}).text,
              HasSubstr("mendel bench: 0 --csv for 1 symbols (SP500); give one --csv"));
  EXPECT_THAT(run({"--csv", "bars.csv"}).text,
              HasSubstr("--csv belongs to an experiment of your own; name its FILE too"));
  EXPECT_THAT(run({"--population", "0"}).text,
              HasSubstr("--population 0: expected a whole number"));
}

}  // namespace
}  // namespace mendel::cli
