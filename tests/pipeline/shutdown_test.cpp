// docs/stage_spec.md, 6 and 11, in the middle of a run: all six stages are asked to end at once, as
// by Compose, and started again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "tests/pipeline/pipeline.hpp"

namespace mendel::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr std::int64_t kDrainNs = 10 * kNsPerSecond;

std::string log_of(const Pipeline& pipeline, const std::string& process) {
  std::ifstream file(pipeline.state() + "/log/" + process + ".log");
  return {std::istreambuf_iterator<char>(file), {}};
}

bool says(const Pipeline& pipeline, const std::string& process, const std::string& text) {
  return eventually([&] { return log_of(pipeline, process).find(text) != std::string::npos; });
}

std::vector<pid_t> pids(const Pipeline& pipeline) {
  std::vector<pid_t> all;
  for (const runtime::StageState& stage : pipeline.stages("")) {
    all.push_back(static_cast<pid_t>(stage.pid));
  }
  return all;
}

TEST(Shutdown, AllSixDrainAndEndWithZeroInTheMiddleOfARunAndSayWhatTheyRecover) {
  const std::string demo = std::string(MENDEL_SOURCE_DIR) + "/topology/demo/";
  Pipeline pipeline(1);
  ASSERT_TRUE(pipeline.ready());
  pipeline.ingest(demo + "sp500_1d.csv", "SP500", "vega-datasets");
  const Said submitted = pipeline.mendel({"evolve", demo + "experiment.toml", "--no-follow",
                                          "--population", "48", "--generations", "20000"});
  ASSERT_EQ(submitted.code, 0) << submitted.err;
  ASSERT_TRUE(eventually([&] { return pipeline.sample("ga_dispatcher", "generation") > 1; }));
  const std::vector<pid_t> stages = pids(pipeline);
  ASSERT_EQ(stages.size(), 6U);
  const std::int64_t asked_ns = read_clocks().monotonic_ns;
  for (const pid_t pid : stages) kill(pid, SIGTERM);
  EXPECT_TRUE(eventually([&] {
    return std::none_of(stages.begin(), stages.end(), [](pid_t pid) { return kill(pid, 0) == 0; });
  }));
  EXPECT_LT(read_clocks().monotonic_ns - asked_ns, kDrainNs);
  const Said said = pipeline.end();
  EXPECT_EQ(said.code, 0);
  for (const std::string_view stage : wiring::kStages) {
    const std::string name(stage);
    EXPECT_THAT(said.out + said.err, AnyOf(HasSubstr(name + " ended with code 0"),
                                           HasSubstr(name + "-1 ended with code 0")));
  }

  Background again(pipeline.with_state({"up", "--evaluators", "1"}));
  ASSERT_TRUE(eventually([&] { return pids(pipeline).size() == 6 || !again.running(); }));
  EXPECT_TRUE(says(pipeline, "ga_dispatcher", "1 runs go on"));
  EXPECT_TRUE(says(pipeline, "results_writer", "epoch 2, "));
  EXPECT_TRUE(says(pipeline, "data_loader", "epoch 2: recovered"));
  EXPECT_TRUE(says(pipeline, "ingestor", "0 jobs wait"));
}

}  // namespace
}  // namespace mendel::testing
