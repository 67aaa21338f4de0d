// docs/stage_spec.md against every stage's binary, run as an operator would.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "shared/base/version.hpp"
#include "shared/store/store.hpp"
#include "shared/wiring/edges.hpp"
#include "tests/support/scratch_folder.hpp"
#include "topology/mendel/child.hpp"

namespace mendel {
namespace {

using cli::ChildSpec;
using cli::ProgramOutput;
using ::testing::HasSubstr;
using ::testing::Not;

class StageContract : public ::testing::TestWithParam<std::string_view> {
 protected:
  StageContract() {
    const Result<store::Store> made = store::Store::create(folder_.file("store"), 0);
    EXPECT_TRUE(made);
    std::ofstream(folder_.file("dsn")) << "host=/nowhere user=mendel password=hunter2 dbname=m\n";
  }

  ChildSpec spec(std::vector<std::string> arguments) const {
    ChildSpec spec;
    spec.name = GetParam();
    spec.words = {fmt::format("{}/bin/{}", MENDEL_BINARY_DIR, GetParam())};
    spec.words.insert(spec.words.end(), arguments.begin(), arguments.end());
    spec.environment = {
        {"MENDEL_ROOT", MENDEL_SOURCE_DIR},       {"MENDEL_STATE", folder_.path()},
        {"MENDEL_MONITOR_LISTEN", "127.0.0.1:0"}, {"MENDEL_TOPOLOGY", ""},
        {"NEON_CONNECTION_STRING", ""},           {"NEON_CONNECTION_STRING_FILE", ""}};
    return spec;
  }

  ProgramOutput run(std::vector<std::string> arguments) const {
    const Result<ProgramOutput> output = cli::run_program(spec(std::move(arguments)));
    EXPECT_TRUE(output);
    return output ? *output : ProgramOutput{};
  }

  // Asks --health until it answers with `code` or 10 s are over; returns its last words.
  ProgramOutput health_until(int code) const {
    ProgramOutput output;
    for (int i = 0; i < 200; ++i) {
      output = run({"--health"});
      if (output.ending.number == code) break;
      usleep(50'000);
    }
    return output;
  }

  testing::ScratchFolder folder_;
};

TEST_P(StageContract, HelpPrintsUsageOptionsAndExamples) {
  const ProgramOutput output = run({"--help"});
  EXPECT_EQ(output.ending.number, 0);
  EXPECT_THAT(output.text, ::testing::StartsWith(fmt::format("usage: {} ", GetParam())));
  for (const char* word : {"--state <dir>", "--check", "--health", "--version", "examples:"}) {
    EXPECT_THAT(output.text, HasSubstr(word));
  }
}

TEST_P(StageContract, VersionPrintsTheProductVersion) {
  const ProgramOutput output = run({"--version"});
  EXPECT_EQ(output.ending.number, 0);
  EXPECT_THAT(output.text, HasSubstr(kProductVersion));
}

TEST_P(StageContract, CheckPrintsTheSettingsWithoutSecrets) {
  ChildSpec checked = spec({"--check"});
  checked.environment.emplace_back("MENDEL_DATABASE_DSN", "host=/nowhere password=hunter2");
  const Result<ProgramOutput> output = cli::run_program(checked);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->ending.number, 0) << output->text;
  EXPECT_THAT(output->text, HasSubstr("pipeline.store = " + folder_.file("store")));
  EXPECT_THAT(output->text, Not(HasSubstr("hunter2")));
}

TEST_P(StageContract, CheckNamesAWrongSettingAndTheFile) {
  std::ofstream(folder_.file("wrong.ini")) << "[bars]\nendpont = ipc:///tmp/bars\n";
  const ProgramOutput output = run({"--check", "--topology", folder_.file("wrong.ini")});
  EXPECT_EQ(output.ending.number, 2);
  EXPECT_THAT(output.text, HasSubstr("wrong.ini"));
  EXPECT_THAT(output.text, HasSubstr("bars.endpont"));
}

TEST_P(StageContract, AMissingTopologyEndsWithTwoAndItsPath) {
  const ProgramOutput output = run({"--topology", "/no/such/topology.ini"});
  EXPECT_EQ(output.ending.number, 2);
  EXPECT_THAT(output.text, HasSubstr("/no/such/topology.ini"));
}

TEST_P(StageContract, AnUnknownOptionEndsWithTwoAndTheNearestOne) {
  const ProgramOutput output = run({"--chekc"});
  EXPECT_EQ(output.ending.number, 2);
  EXPECT_THAT(output.text, HasSubstr("--check"));
}

TEST_P(StageContract, HealthFailsWhereNothingRuns) {
  const ProgramOutput output = run({"--health"});
  EXPECT_EQ(output.ending.number, 1);
  EXPECT_THAT(output.text, HasSubstr("not running"));
}

TEST_P(StageContract, IsHealthyWithoutPeersOrDatabaseAndEndsWithZeroOnTerm) {
  ChildSpec stage = spec({});
  stage.output_file = folder_.file("log");
  const Result<cli::Child> child = cli::spawn(stage, 0);
  ASSERT_TRUE(child);
  const ProgramOutput health = health_until(0);
  EXPECT_EQ(health.ending.number, 0) << health.text;
  EXPECT_THAT(health.text, HasSubstr("healthy"));
  const cli::Ending ending = cli::end_child(child->pid, SIGTERM, 12'000);
  EXPECT_FALSE(ending.by_signal);
  EXPECT_EQ(ending.number, 0);
  EXPECT_EQ(run({"--health"}).ending.number, 1);
}

TEST_P(StageContract, StartsAgainAfterItWasKilled) {
  ChildSpec stage = spec({});
  stage.output_file = folder_.file("log");
  for (int life = 0; life < 2; ++life) {
    const Result<cli::Child> child = cli::spawn(stage, 0);
    ASSERT_TRUE(child);
    EXPECT_EQ(health_until(0).ending.number, 0) << "life " << life;
    EXPECT_EQ(cli::end_child(child->pid, SIGKILL, 12'000).number, SIGKILL);
    EXPECT_EQ(health_until(1).ending.number, 1) << "life " << life;
  }
}

INSTANTIATE_TEST_SUITE_P(Stages, StageContract, ::testing::ValuesIn(wiring::kStages),
                         [](const auto& stage) { return std::string(stage.param); });

}  // namespace
}  // namespace mendel
