// Bad input: one line that says where and what to do, and the exit code of its kind.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;

// The last line of what was said on stderr; nothing may follow it.
std::string last_line(const Said& said) {
  std::string text = said.err;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

class BadInput : public ::testing::Test {
 protected:
  std::string experiment_with(const std::string& what, const std::string& instead) {
    const Result<std::string> text =
        config::read_text_file(std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml");
    std::string changed = text ? *text : "";
    const std::size_t at = changed.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    if (at != std::string::npos) changed.replace(at, what.size(), instead);
    std::ofstream(folder_.file("experiment.toml")) << changed;
    return folder_.file("experiment.toml");
  }

  Said evolve(const std::string& file) {
    return mendel({"evolve", file, "--state", folder_.file("state")});
  }

  ScratchFolder folder_;
};

// The one line is followed by the line of the file and a mark below the place.
TEST_F(BadInput, AnUnknownNameInAnExperimentIsShownWithItsPlaceAndTheNearestName) {
  const Said said = evolve(experiment_with("rsi(close", "rsy(close"));
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(lines_of(said.err), 3U) << said.err;
  EXPECT_EQ(last_line(said).find_first_not_of(' '), last_line(said).find('^'));
  EXPECT_THAT(said.err, HasSubstr(folder_.file("experiment.toml") + ":"));
  EXPECT_THAT(said.err, HasSubstr("'rsi'"));
}

TEST_F(BadInput, ANegativeBarIndexIsRefusedAsALookIntoTheFuture) {
  const Said said = evolve(experiment_with("crossover(quick, calm)", "close[-1] > quick"));
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(lines_of(said.err), 3U) << said.err;
  EXPECT_THAT(said.err, HasSubstr("no bar after this one can be read"));
  EXPECT_THAT(said.err, HasSubstr(folder_.file("experiment.toml") + ":"));
}

TEST_F(BadInput, AMissingExperimentIsNamed) {
  const Said said = evolve("/no/such/experiment.toml");
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(lines_of(said.err), 1U) << said.err;
  EXPECT_THAT(said.err, HasSubstr("/no/such/experiment.toml"));
}

TEST_F(BadInput, AMissingCsvIsNamed) {
  const Said said =
      mendel({"ingest", "/no/such/bars.csv", "--symbol", "X", "--state", folder_.file("state")});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(last_line(said), HasSubstr("/no/such/bars.csv"));
}

TEST_F(BadInput, AnEmptyCsvIsNamed) {
  std::ofstream(folder_.file("empty.csv")).flush();
  const Said said = mendel(
      {"ingest", folder_.file("empty.csv"), "--symbol", "X", "--state", folder_.file("state")});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(last_line(said), HasSubstr("empty.csv"));
}

TEST_F(BadInput, AWrongConnectionStringIsToldWithoutItsPassword) {
  const Said said = mendel(
      {"up", "--database", "env", "--state", folder_.file("state")},
      {{"NEON_CONNECTION_STRING", "postgresql://me:hunter2@127.0.0.1:1/none?connect_timeout=2"}});
  EXPECT_TRUE(said.code == 1 || said.code == 2) << said.code;
  EXPECT_EQ(lines_of(said.err), 1U) << said.err;
  EXPECT_THAT(said.err, HasSubstr("NEON_CONNECTION_STRING"));
  EXPECT_EQ(said.err.find("hunter2"), std::string::npos);
}

TEST_F(BadInput, AConnectionStringThatIsNoneIsAConfigurationError) {
  const Said said = mendel({"up", "--database", "env", "--state", folder_.file("state")},
                           {{"NEON_CONNECTION_STRING", "nonsense"}});
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(lines_of(said.err), 1U) << said.err;
}

TEST_F(BadInput, DatabaseEnvWithoutAConnectionStringSaysWhatToSet) {
  const Said said = mendel({"up", "--database", "env", "--state", folder_.file("state")});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, HasSubstr("NEON_CONNECTION_STRING"));
}

TEST_F(BadInput, AStateDirectoryThatIsAFileIsNamed) {
  std::ofstream(folder_.file("state")) << "a file";
  const Said said = mendel({"up", "--state", folder_.file("state")});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(last_line(said), HasSubstr(folder_.file("state")));
  EXPECT_THAT(last_line(said), HasSubstr("--state"));
}

TEST_F(BadInput, AnUnwritableStoreIsNamed) {
  const Said said = mendel({"results_writer", "--state", folder_.file("state")},
                           {{"MENDEL_PIPELINE_STORE", "/proc/version"},
                            {"NEON_CONNECTION_STRING", "host=/nowhere dbname=mendel"}});
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(last_line(said), HasSubstr("/proc/version"));
}

TEST_F(BadInput, APortInUseIsNamed) {
  const int taken = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string listen_at = fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
  const Said said =
      mendel({"monitor", "--state", folder_.file("state")}, {{"MENDEL_MONITOR_LISTEN", listen_at}});
  close(taken);
  EXPECT_TRUE(said.code == 1 || said.code == 2) << said.code;
  EXPECT_THAT(last_line(said), HasSubstr(listen_at));
}

TEST_F(BadInput, AnUnknownCommandSuggestsTheNearest) {
  const Said said = mendel({"evlove", "x.toml"});
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(lines_of(said.err), 1U) << said.err;
  EXPECT_THAT(said.err, HasSubstr("'evolve'"));
}

TEST_F(BadInput, DataThatIsNotThereFailsTheRunAndSaysWhatThereIs) {
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  const Said said = pipeline.mendel(
      {"evolve", std::string(MENDEL_SOURCE_DIR) + "/topology/demo/experiment.toml"});
  EXPECT_TRUE(said.code == 1 || said.code == 2) << said.code;
  EXPECT_THAT(last_line(said), HasSubstr("SP500"));
}

// A shell's exit code of `mendel <words>`, whose redirections stand among them.
int shell(const std::string& words) {
  const int status = std::system((MENDEL_BINARY_DIR "/bin/mendel " + words).c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Output, ThatNoDiskTakesIsAFailure) {
  const ScratchFolder folder;
  const std::string demo = MENDEL_SOURCE_DIR "/topology/demo/experiment.toml";
  for (const std::string& words : {std::string("--version"), std::string("language"),
                                   "check " + demo, "backtest " + demo + " --help"}) {
    EXPECT_EQ(shell(words + " > /dev/full 2> " + folder.file("said")), 1) << words;
    const Result<std::string> said = config::read_text_file(folder.file("said"));
    ASSERT_TRUE(said);
    EXPECT_THAT(*said, HasSubstr("is that disk full?")) << words;
  }
  EXPECT_EQ(shell("language > /dev/null"), 0);
  EXPECT_EQ(shell("check nowhere.toml 2> /dev/full"), 2) << "its own exit code, unheard";
}

}  // namespace
}  // namespace mendel::testing
