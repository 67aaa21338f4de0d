#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "shared/config/value.hpp"
#include "shared/runtime/stages.hpp"
#include "shared/sockets/poller.hpp"
#include "shared/sockets/socket.hpp"
#include "shared/wire/codec.hpp"
#include "tests/unit/runtime/pipeline_folder.hpp"

namespace mendel::runtime {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Ended {
  int code = -1;
  std::string text;  // stdout and stderr
};

class RunTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
  }

  std::string command(const std::string& words) const {
    return std::string("MENDEL_TOPOLOGY=" MENDEL_SOURCE_DIR "/topology/local.ini ") + ECHO_STAGE +
           " --state " + folder_.path() + " " + words;
  }
  Ended run(const std::string& words, const std::string& environment = "") const {
    Ended ended;
    FILE* pipe = ::popen((environment + " " + command(words) + " 2>&1").c_str(), "r");
    char block[4096];
    for (std::size_t got; (got = std::fread(block, 1, sizeof block, pipe)) > 0;) {
      ended.text.append(block, got);
    }
    ended.code = WEXITSTATUS(::pclose(pipe));
    return ended;
  }
  void start(const std::string& environment = "") {
    child_ = ::fork();
    if (child_ == 0) {
      ::execl("/bin/sh", "sh", "-c", ("exec env " + environment + " " + command("")).c_str(),
              nullptr);
      ::_exit(127);
    }
  }
  int wait_for_end() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::vector<StageState> states() { return ask_stages(topology_, "data_loader", 3000); }
  bool wait_until_ready() {
    return until(
        [&] {
          const auto found = states();
          return !found.empty() && found[0].ready;
        },
        [] { ::usleep(10'000); });
  }

  PipelineFolder folder_;
  wiring::Topology topology_ = folder_.topology();
  pid_t child_ = -1;
};

TEST_F(RunTest, HelpShowsOwnOptionsFirstThenCommonOnesAndSettings) {
  const Ended help = run("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.text, HasSubstr("usage: data_loader"));
  EXPECT_LT(help.text.find("--volume <n>"), help.text.find("--topology <file>"));
  EXPECT_THAT(help.text, HasSubstr("data_loader.pool_max"));
}

TEST_F(RunTest, VersionNamesStageAndEngine) {
  const Ended version = run("--version");
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.text, HasSubstr("data_loader 0.1.0 (engine 3)"));
}

TEST_F(RunTest, CheckPrintsTheResolvedConfigurationWithoutSecrets) {
  const Ended checked = run("--check", "MENDEL_DATABASE_DSN_FILE=postgres://u:hidden@h/d");
  EXPECT_EQ(checked.code, 0);
  EXPECT_THAT(checked.text, HasSubstr("bars.endpoint = ipc://" + folder_.path() + "/run/bars"));
  EXPECT_THAT(checked.text, HasSubstr("--volume = 3"));
  EXPECT_THAT(checked.text, Not(HasSubstr("hidden")));
}

TEST_F(RunTest, CheckEndsWithTwoWhenTheStageRefuses) {
  const Ended checked = run("--check --volume 11");
  EXPECT_EQ(checked.code, 2);
  EXPECT_THAT(checked.text, HasSubstr("--volume 11"));
}

TEST_F(RunTest, UnknownOptionsAndLevelsAreConfigurationErrors) {
  EXPECT_EQ(run("--volum 3").code, 2);
  EXPECT_THAT(run("--log-level dbug").text, HasSubstr("did you mean 'debug'"));
  EXPECT_EQ(run("--topology /none.ini").code, 2);
}

TEST_F(RunTest, HealthEndsWithOneWhenNothingRuns) {
  const Ended health = run("--health");
  EXPECT_EQ(health.code, 1);
  EXPECT_THAT(health.text, HasSubstr("not running"));
}

TEST_F(RunTest, LivesAnswersForItsHealthAndStopsWhenAsked) {
  start();
  ASSERT_TRUE(wait_until_ready());
  const std::vector<StageState> found = states();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].stage, "data_loader");
  EXPECT_EQ(found[0].pid, child_);
  EXPECT_TRUE(found[0].healthy);
  const Ended health = run("--health");
  EXPECT_EQ(health.code, 0);
  EXPECT_THAT(health.text, HasSubstr("healthy, ready"));
  struct stat run_folder {};
  ASSERT_EQ(::stat(topology_.run().c_str(), &run_folder), 0);
  EXPECT_EQ(run_folder.st_mode & 0777, 0700u);
  ::kill(child_, SIGTERM);
  EXPECT_EQ(wait_for_end(), 0);
  EXPECT_TRUE(states().empty());
  for (const auto& entry : std::filesystem::directory_iterator(topology_.run())) {
    EXPECT_FALSE(entry.path().string().ends_with(".health")) << entry.path();
  }
}

TEST_F(RunTest, EndsWithTheExitCodeOfItsFailure) {
  start();
  ASSERT_TRUE(wait_until_ready());
  sockets::Context context;
  auto push = sockets::Socket::open(
      context, {sockets::Kind::push, "bars", topology_.edge(wiring::Edge::bars).endpoint, false});
  ASSERT_TRUE(push);
  wire::BarBatch last;
  last.source = "break";
  const std::string frame = wire::encode(wire::Message(last));
  sockets::Poller poller;
  poller.watch(*push, false, true);
  ASSERT_TRUE(until([&] { return push->send("", frame); }, [&] { poller.wait(100); }));
  EXPECT_EQ(wait_for_end(), 4);
}

TEST_F(RunTest, EndsWithTwoWhenItCannotBeMade) {
  const Ended ended = run("", "ECHO_FAILS=1");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.text, HasSubstr("no voice; set one"));
}

TEST_F(RunTest, HoldsOnErrorWhenAskedToAndShowsWhy) {
  start("ECHO_FAILS=1 MENDEL_HOLD_ON_ERROR=1");
  ASSERT_TRUE(until(
      [&] {
        const auto found = states();
        return !found.empty() && found[0].reason != "starting";
      },
      [] { ::usleep(10'000); }));
  EXPECT_EQ(states()[0].reason, "no voice; set one");
  EXPECT_FALSE(states()[0].ready);
  EXPECT_TRUE(states()[0].healthy);
  ::kill(child_, SIGTERM);
  EXPECT_EQ(wait_for_end(), 2);
}

}  // namespace
}  // namespace mendel::runtime
