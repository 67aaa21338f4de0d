// docs/operating.md, "Supervision", with real processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;

// Processes whose command line names the folder.
std::size_t processes_of(const std::string& folder) {
  std::size_t count = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    std::ifstream file(entry.path() / "cmdline");
    const std::string words{std::istreambuf_iterator<char>(file), {}};
    if (words.find(folder) != std::string::npos) ++count;
  }
  return count;
}

TEST(Supervision, RefusesASecondPipelineInTheSameFolderAndNamesTheFirst) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  const Said second = pipeline.mendel({"up"});
  EXPECT_EQ(second.code, 2);
  EXPECT_THAT(second.err, HasSubstr("'mendel up' (pid "));
  EXPECT_THAT(second.err, HasSubstr("--state"));
  EXPECT_EQ(pipeline.stop(), 0);
}

TEST(Supervision, LeavesNothingRunningWhenItEnds) {
  Pipeline pipeline(2);
  ASSERT_TRUE(pipeline.ready());
  EXPECT_GE(processes_of(pipeline.state()), 8U);
  EXPECT_EQ(pipeline.stop(), 0);
  EXPECT_EQ(processes_of(pipeline.state()), 0U);
}

TEST(Supervision, LeavesNothingRunningWhenItIsKilledAndStartsAgainThere) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  const Result<std::string> pid = config::read_text_file(pipeline.state() + "/mendel.pid");
  ASSERT_TRUE(pid);
  kill(std::stoi(*pid), SIGKILL);
  EXPECT_TRUE(eventually([&] { return pipeline.stages("").empty(); }));
  Background again(pipeline.with_state({"up", "--evaluators", "1"}));
  EXPECT_TRUE(eventually([&] { return pipeline.stages("").size() == 6 || !again.running(); }));
  EXPECT_TRUE(again.running()) << again.wait().out;
}

TEST(Supervision, RestartsEveryStageThatIsKilled) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  for (const std::string_view stage : wiring::kStages) {
    const pid_t before = pipeline.pid(stage);
    ASSERT_GT(before, 0) << stage;
    kill(before, SIGKILL);
    EXPECT_TRUE(eventually([&] {
      const pid_t after = pipeline.pid(stage);
      return after != 0 && after != before;
    })) << stage;
  }
  EXPECT_TRUE(pipeline.ready());
}

// SIGQUIT is `pg_ctl stop -m immediate`: it ends with code 0, and nobody of the pipeline asked for
// it.
TEST(Supervision, RestartsThePrivateDatabaseAfterACrashAndAfterAStop) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  const std::string pid_file = pipeline.state() + "/pg/data/postmaster.pid";
  for (const int signal : {SIGKILL, SIGQUIT}) {
    const Result<std::string> before = config::read_text_file(pid_file);
    ASSERT_TRUE(before);
    kill(std::stoi(*before), signal);
    EXPECT_TRUE(eventually([&] {
      const Result<std::string> after = config::read_text_file(pid_file);
      return after && std::atoi(after->c_str()) > 0 &&
             std::atoi(after->c_str()) != std::atoi(before->c_str());
    }));
    ASSERT_TRUE(eventually([&] {
      return pipeline.mendel({"sql", "SELECT count(*) FROM mendel.runs"}).code == 0;
    }));
  }
  EXPECT_TRUE(eventually([&] {
    return pipeline.mendel({"sql", "SELECT count(*) FROM mendel.runs"}).code == 0;
  }));
  EXPECT_TRUE(pipeline.ready());
}

TEST(Supervision, TellsAtOnceThatItsSocketsWereDeletedAndWhatToDo) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  const Result<std::string> pid = config::read_text_file(pipeline.state() + "/mendel.pid");
  ASSERT_TRUE(pid);
  for (const auto& entry : std::filesystem::directory_iterator(pipeline.topology().run())) {
    std::filesystem::remove(entry.path());
  }
  const std::string owner = "(pid " + std::to_string(std::stoi(*pid)) + ")";
  const std::string experiment = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml";
  for (const std::vector<std::string>& words : {std::vector<std::string>{"status"},
                                                {"tap"},
                                                {"runs"},
                                                {"evolve", experiment},
                                                {"evolve", experiment, "--no-follow"}}) {
    const auto began = std::chrono::steady_clock::now();
    const Said said = pipeline.mendel(words);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10)) << words.front();
    EXPECT_EQ(said.code, 1) << said.out;
    EXPECT_THAT(said.err, HasSubstr("sockets"));
    EXPECT_THAT(said.err, HasSubstr(owner));
    EXPECT_THAT(said.err, HasSubstr("start it again"));
  }
  EXPECT_EQ(pipeline.stop(), 0);
  Background again(pipeline.with_state({"up", "--evaluators", "1"}));
  EXPECT_TRUE(eventually([&] { return pipeline.stages("").size() == 6 || !again.running(); }));
  EXPECT_EQ(pipeline.mendel({"status"}).code, 0);
}

TEST(Supervision, AnswersSqlWhenThePipelineIsStopped) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  EXPECT_EQ(pipeline.sql("SELECT count(*) FROM mendel.runs"), "0");
  EXPECT_EQ(pipeline.stop(), 0);
  EXPECT_EQ(pipeline.sql("SELECT count(*) FROM mendel.runs"), "0");
  EXPECT_EQ(processes_of(pipeline.state()), 0U);
}

}  // namespace
}  // namespace mendel::testing
