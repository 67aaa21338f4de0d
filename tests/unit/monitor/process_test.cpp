#include "stages/monitor/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "shared/base/check.hpp"
#include "shared/runtime/client.hpp"
#include "shared/runtime/launch.hpp"
#include "shared/runtime/loop.hpp"

namespace mendel::monitor {
namespace {

using ::testing::HasSubstr;

// The other end of the taps: a stage with nothing to do.
class Idle : public runtime::Stage {
 public:
  void receive(runtime::Delivery, Now, runtime::Outbox&) override {}
  int work(Now, runtime::Outbox&) override { return 0; }
};

class MonitorProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/mendel_monitor_XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    folder_ = folder;
    ASSERT_EQ(setenv("MENDEL_MONITOR_LISTEN", "127.0.0.1:0", 1), 0);
    auto topology = wiring::Topology::read(MENDEL_SOURCE_DIR "/topology/local.ini", folder_);
    ASSERT_EQ(unsetenv("MENDEL_MONITOR_LISTEN"), 0);
    ASSERT_TRUE(topology) << topology.error().message;
    topology_ = std::make_unique<wiring::Topology>(std::move(*topology));
    ASSERT_TRUE(runtime::make_run_folder(*topology_));
    auto made = definition().make({*topology_, arguments_, "0123456789abcdef", "here"});
    ASSERT_TRUE(made) << made.error().message;
    stage_ = std::move(*made);
  }
  void TearDown() override {
    stage_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string folder_;
  config::Arguments arguments_;
  std::unique_ptr<wiring::Topology> topology_;
  std::unique_ptr<runtime::Stage> stage_;
};

TEST_F(MonitorProcessTest, HearsStagesAndPassesTheirTapsOnToListeners) {
  Idle idle;
  runtime::Board evaluator_board({"evaluator", "life", "here"});
  auto evaluator = runtime::Loop::open(idle, evaluator_board, *topology_);
  ASSERT_TRUE(evaluator);
  runtime::Board board({"monitor", "m", "here"});
  auto loop = runtime::Loop::open(*stage_, board, *topology_);
  ASSERT_TRUE(loop);
  auto listener = runtime::TapListener::open(*topology_, {"stat.evaluator."});
  ASSERT_TRUE(listener);
  std::optional<runtime::TapListener::Tapped> tapped;
  const std::int64_t deadline = read_clocks().monotonic_ns + 10 * kNsPerSecond;
  while (!tapped && read_clocks().monotonic_ns < deadline) {
    (*evaluator)->turn(5);
    (*loop)->turn(5);
    tapped = listener->next(0);
  }
  ASSERT_TRUE(tapped);
  ASSERT_TRUE(tapped->message);
  EXPECT_EQ(std::get<wire::Stat>(*tapped->message).incarnation, "life");
  std::vector<wire::Sample> samples;
  stage_->samples(samples);
  const auto up = std::find_if(samples.begin(), samples.end(),
                               [](const auto& one) { return one.name == "processes_up"; });
  ASSERT_NE(up, samples.end());
  EXPECT_GE(up->value, 1);
}

TEST_F(MonitorProcessTest, WritesTheAddressItReallyServes) {
  std::ifstream file(topology_->run() + "/monitor.http");
  std::string address;
  std::getline(file, address);
  EXPECT_THAT(address, HasSubstr("127.0.0.1:"));
  EXPECT_FALSE(address.ends_with(":0"));
  stage_.reset();
  EXPECT_FALSE(std::filesystem::exists(topology_->run() + "/monitor.http"));
}

}  // namespace
}  // namespace mendel::monitor
