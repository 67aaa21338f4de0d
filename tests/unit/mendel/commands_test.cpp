#include "topology/mendel/commands.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <new>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/scratch_folder.hpp"
#include "topology/mendel/local_pipeline.hpp"

namespace mendel::cli {
namespace {

TEST(Commands, EachNamesItselfAndSaysInOneSentenceWhatItDoes) {
  for (const ListedCommand& listed : commands()) {
    const Command command = listed.make();
    EXPECT_EQ(command.spec.name, "mendel " + listed.word);
    EXPECT_FALSE(command.spec.summary.empty()) << listed.word;
    EXPECT_LE(command.spec.summary.size(), 83U) << listed.word;
    const char first = command.spec.summary.front();
    EXPECT_TRUE(first >= 'a' && first <= 'z') << listed.word << ": as in 'show all stages'";
    EXPECT_NE(command.spec.summary.substr(0, command.spec.summary.find(' ')).back(), 's')
        << listed.word;
    EXPECT_NE(command.spec.summary.back(), '.') << listed.word;
    EXPECT_EQ(command.spec.examples.size(), 2U) << listed.word;
  }
}

TEST(Commands, AnErrorIsOneLineWhateverWasTyped) {
  char program[] = "mendel", command[] = "demo", option[] = "--seed", value[] = "a\nb";
  char* words[] = {program, command, option, value};
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_command_line(4, words), 2);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "--seed a?b: expected a whole number from 0 to 9223372036854775807\n");
}

TEST(Commands, AnUnknownOneIsShownWithoutControlCharacters) {
  char program[] = "mendel", command[] = "\x1b[31m";
  char* words[] = {program, command};
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_command_line(2, words), 2);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.rfind("mendel: unknown command '?[31m'; ", 0), 0U) << said;
}

TEST(Commands, ARunsNameFollowsTheRuleOfAFile) {
  const auto error = [](const Command& command, const std::vector<std::string>& words) {
    const auto arguments = config::parse_arguments(command.spec, words);
    return arguments ? command.run(*arguments).error().message : arguments.error().message;
  };
  const std::string rule =
      "--name: must have 1 to 100 bytes of UTF-8 on one line, without control characters";
  const std::string file = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml";
  EXPECT_EQ(error(evolve_command(), {file, "--name", "caf\xe9"}), rule);
  EXPECT_EQ(error(evolve_command(), {file, "--name", std::string(101, 'x')}), rule);
  EXPECT_EQ(error(resume_command(), {"run", "--fork", "--name", "\x1b[31m"}), rule);
}

TEST(Commands, MemoryThatRunsOutIsAnError) {
  Command command;
  command.spec.name = "mendel hungry";
  command.run = [](const config::Arguments&) -> Result<int> { throw std::bad_alloc(); };
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(run_command(command, {}), 1);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "mendel hungry: the memory it may have is not enough; raise the limit, or give it less "
            "to read\n");
}

TEST(Commands, NumbersAreAskedForByTheirOptionAndRange) {
  const Command command = demo_command();
  const auto error = [&](const std::vector<std::string>& words) {
    const auto arguments = config::parse_arguments(command.spec, words);
    return arguments ? command.run(*arguments).error().message : arguments.error().message;
  };
  EXPECT_EQ(error({"--generations", "abc"}),
            "--generations abc: expected a whole number from 1 to 100000");
  EXPECT_EQ(error({"--population", "1"}),
            "--population 1: expected a whole number from 2 to 1000000");
  EXPECT_EQ(error({"--set", "search.elites=-1"}).substr(0, 21), "--set search.elites: ");
}

TEST(Commands, ANameThatIsGivenIsNotEmpty) {
  const std::string file = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml";
  const Command command = evolve_command();
  const auto arguments = config::parse_arguments(command.spec, {file, "--name", ""});
  ASSERT_TRUE(arguments) << arguments.error().message;
  EXPECT_EQ(command.run(*arguments).error().message,
            "--name: a run's name cannot be empty; leave it out for the experiment's");
}

TEST(Commands, EvaluatorsAreNotedOnlyWhenTheyWereAskedFor) {
  const auto noted = [](const std::vector<std::string>& words) {
    const auto arguments = config::parse_arguments(evolve_command().spec, words);
    ::testing::internal::CaptureStderr();
    note_unused(*local_options(*arguments));
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(noted({"x.toml"}), "");
  EXPECT_EQ(noted({"x.toml", "--evaluators", "2"}),
            "note: --evaluators 2 changes nothing: the pipeline that runs already keeps its own\n");
}

// The exit code of `check` and what it says on stderr, of this experiment.
std::pair<int, std::string> checked(const std::string& genes, const std::string& constraints) {
  const testing::ScratchFolder folder;
  const std::string file = folder.path() + "/check.toml";
  std::ofstream(file) << "[data]\nsource = 'test'\nsymbols = ['A']\ntimeframe = '1d'\n"
                         "in_sample = [2020-01-01, 2021-01-01]\n[strategy]\n"
                         "entry_long = 'close > fast + slow'\nexit_long = 'close < 1'\n"
                         "constraints = [" +
                             constraints + "]\n[genes]\n" + genes;
  const Command command = check_command();
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const auto code = command.run(*config::parse_arguments(command.spec, {file}));
  ::testing::internal::GetCapturedStdout();
  const std::string said = ::testing::internal::GetCapturedStderr();
  return {code ? *code : 2, code ? said : code.error().message};
}

TEST(Check, NotesGenesOfOneValue) {
  const std::string slow = "slow = { int = [5, 50] }\n";
  EXPECT_EQ(checked("fast = { int = [5, 50] }\n" + slow, "").second, "");
  for (const char* fast : {"int = [10, 10]", "int = [10, 20], step = 30", "choice = [10]"}) {
    const auto [code, said] = checked(fmt::format("fast = {{ {} }}\n", fast) + slow, "");
    EXPECT_EQ(code, 0) << fast;
    EXPECT_TRUE(said.starts_with("note: gene 'fast' has one value only, 10;")) << said;
  }
}

TEST(Check, RefusesConstraintsThatNoGenomeSatisfies) {
  const auto [code, said] =
      checked("fast = { int = [5, 50] }\nslow = { int = [5, 50] }\n", "'fast > slow + 50'");
  EXPECT_EQ(code, 2);
  EXPECT_TRUE(said.starts_with("strategy.constraints: none of 10000 random genomes")) << said;
}

TEST(Commands, OverviewListsEachOnceUnderOneHeading) {
  const std::string text = overview();
  std::set<std::string> groups;
  std::string group;
  for (const ListedCommand& listed : commands()) {
    EXPECT_NE(text.find("\n  " + listed.word + " "), std::string::npos) << listed.word;
    const bool is_repeated = listed.group != group && !groups.insert(listed.group).second;
    EXPECT_FALSE(is_repeated) << listed.group << " is there twice";
    group = listed.group;
  }
}

TEST(Commands, OverviewNamesAllStages) {
  for (const char* stage :
       {"ingestor", "data_loader", "ga_dispatcher", "evaluator", "results_writer", "monitor"}) {
    EXPECT_NE(overview().find(stage), std::string::npos) << stage;
  }
}

}  // namespace
}  // namespace mendel::cli
