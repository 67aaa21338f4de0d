#include "shared/config/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mendel::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

CommandSpec evolve() {
  return {"mendel evolve",
          "Breeds.",
          {"FILE"},
          {{"seed", "n", "seed of the search", "42"},
           {"set", "key=value", "overrides", "", true},
           {"json", "", "one JSON document"}},
          {"mendel evolve a.toml"}};
}

TEST(Arguments, KeepOperandsOptionsAndDefaults) {
  const auto arguments =
      parse_arguments(evolve(), {"a.toml", "--set", "x=1", "--set=y=2", "--json"});
  ASSERT_TRUE(arguments);
  EXPECT_THAT(arguments->operands(), ElementsAre("a.toml"));
  EXPECT_THAT(arguments->all("set"), ElementsAre("x=1", "y=2"));
  EXPECT_EQ(arguments->text("seed"), "42");
  EXPECT_TRUE(arguments->flag("json"));
}

TEST(Arguments, NameTheNearestKnownOption) {
  const auto arguments = parse_arguments(evolve(), {"a.toml", "--sed", "3"});
  ASSERT_FALSE(arguments);
  EXPECT_THAT(arguments.error().message, HasSubstr("did you mean '--seed'?"));
  EXPECT_EQ(arguments.error().exit_code(), 2);
}

TEST(Arguments, RefuseMissingAndSurplusOperands) {
  EXPECT_THAT(parse_arguments(evolve(), {}).error().message, HasSubstr("FILE is missing"));
  EXPECT_THAT(parse_arguments(evolve(), {"a", "b"}).error().message, HasSubstr("unexpected 'b'"));
}

TEST(Arguments, RefuseAnOptionGivenTwiceAndAMissingValue) {
  EXPECT_FALSE(parse_arguments(evolve(), {"a", "--seed", "1", "--seed", "2"}));
  EXPECT_FALSE(parse_arguments(evolve(), {"a", "--seed"}));
}

TEST(Arguments, CheckTheRangeOfNumbers) {
  const auto arguments = parse_arguments(evolve(), {"a", "--seed", "4x"});
  ASSERT_TRUE(arguments);
  EXPECT_THAT(arguments->integer("seed", 0, 9).error().message,
              HasSubstr("--seed 4x: expected a whole number from 0 to 9"));
}

TEST(Help, ShowsUsageDefaultsAndExamples) {
  const std::string help = help_text(evolve());
  EXPECT_THAT(help, HasSubstr("usage: mendel evolve [options] FILE"));
  EXPECT_THAT(help, HasSubstr("--seed <n>"));
  EXPECT_THAT(help, HasSubstr("[42]"));
  EXPECT_THAT(help, HasSubstr("mendel evolve a.toml"));
}

class IniTest : public testing::Test {
 protected:
  IniTest() {
    char pattern[] = "/tmp/mendel-ini-XXXXXX";
    folder_ = mkdtemp(pattern);
    path_ = folder_ + "/x.ini";
  }
  ~IniTest() override { std::filesystem::remove_all(folder_); }
  Result<Ini> read(const std::string& text) {
    std::ofstream(path_) << text;
    return read_ini(path_, {{"state", "/s"}}, {"bars.endpoint", "evaluator.threads"});
  }
  std::string folder_, path_;
};

TEST_F(IniTest, SubstitutesVariables) {
  EXPECT_EQ(read("[bars]\nendpoint = ipc://${state}/bars\n")->at("bars.endpoint"), "ipc:///s/bars");
  EXPECT_THAT(read("[bars]\nendpoint = ${stat}\n").error().message,
              HasSubstr("did you mean 'state'?"));
}

TEST(CommandLine, RefusesAConnectionStringWithoutRepeatingIt) {
  for (const char* word : {"postgresql://u:hunter2@h/d", "--set=x=postgres://u:hunter2@h/d",
                           "host=h user=u password=hunter2"}) {
    const auto parsed = parse_arguments({"mendel sql", "", {"[QUERY]"}, {}, {}}, {word});
    ASSERT_FALSE(parsed) << word;
    EXPECT_EQ(parsed.error().kind, ErrorKind::configuration);
    EXPECT_THAT(parsed.error().message, HasSubstr("NEON_CONNECTION_STRING_FILE"));
    EXPECT_THAT(parsed.error().message, testing::Not(HasSubstr("hunter2")));
  }
}

TEST_F(IniTest, RefusesUnknownSettingsWithTheNearestName) {
  const auto ini = read("[evaluator]\nthread = 3\n");
  ASSERT_FALSE(ini);
  EXPECT_THAT(ini.error().message, HasSubstr("did you mean 'evaluator.threads'?"));
}

TEST_F(IniTest, LetsTheEnvironmentOverride) {
  setenv("MENDEL_EVALUATOR_THREADS", "7", 1);
  EXPECT_EQ(read("[evaluator]\nthreads = 3\n")->at("evaluator.threads"), "7");
  unsetenv("MENDEL_EVALUATOR_THREADS");
}

}  // namespace
}  // namespace mendel::config
