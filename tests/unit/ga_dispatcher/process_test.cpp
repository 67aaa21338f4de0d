#include "stages/ga_dispatcher/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "shared/store/epoch.hpp"
#include "shared/wiring/topology.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/small_disk.hpp"
#include "tests/unit/ga_dispatcher/fixture.hpp"

namespace mendel::testing {
namespace {

using ::testing::HasSubstr;

// The stage as the runtime drives it, on a clock of its own, over a real store.
class DispatcherProcess : public ::testing::Test {
 protected:
  DispatcherProcess()
      : topology_(*wiring::Topology::read(std::string(MENDEL_SOURCE_DIR) + "/topology/local.ini",
                                          folder_.path())),
        store_(*store::Store::create(topology_.store(), 1)) {}

  void start() {
    auto made = ga_dispatcher::definition().make({topology_, arguments_, "me", "here"});
    ASSERT_TRUE(made) << made.error().message;
    stage_ = std::move(*made);
    turn(1);
  }
  std::size_t turn(std::int64_t ms) {
    now_.monotonic_ns += ms * kNsPerMs;
    now_.wall_ns += ms * kNsPerMs;
    runtime::Outbox out;
    stage_->work(now_, out);
    return out.messages().size();
  }
  // How many messages that makes.
  std::size_t submit(const std::string& run) {
    wire::Request request{"id." + run, "submit", run, "n", experiment_text()};
    runtime::Outbox out;
    stage_->receive({wiring::Edge::requests, "", request}, now_, out);
    return out.messages().size();
  }
  // Somebody else declared this process dead, as after a silence of 30 s on another host.
  store::Epoch take_over() {
    std::ofstream(store_.path() + "/epochs/ga_dispatcher/000000000001.released");
    return *store::Epoch::take(store_, ga_dispatcher::kRole, now_);
  }
  bool has_checkpoint(const std::string& run) const {
    return store_.read_run_file(run, ga_dispatcher::kCheckpointName)->has_value();
  }

  ScratchFolder folder_;
  wiring::Topology topology_;
  store::Store store_;
  config::Arguments arguments_;
  Now now_{kNsPerSecond, 1'700'000'000 * kNsPerSecond};
  std::unique_ptr<runtime::Stage> stage_;
};

TEST_F(DispatcherProcess, TheOlderOfTwoOnOneStoreStops) {
  start();
  EXPECT_EQ(submit(kRun), 1u);
  EXPECT_TRUE(has_checkpoint(kRun));
  const store::Epoch other = take_over();
  EXPECT_EQ(turn(1000), 0u);
  EXPECT_FALSE(stage_->wants(wiring::Edge::requests));
  EXPECT_FALSE(stage_->readiness().ready);
  EXPECT_THAT(stage_->readiness().reason, HasSubstr("standing by: epoch 2, held by host"));
  EXPECT_EQ(stage_->failure(), nullptr);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(turn(1000), 0u) << "it does not take the epoch back";
}

TEST_F(DispatcherProcess, OneThatSleptWhileAnotherTookOverWritesNothingWhenItWakes) {
  start();
  const store::Epoch other = take_over();
  now_.monotonic_ns += 60 * kNsPerSecond;
  EXPECT_EQ(submit(kRun), 0u) << "a message comes before the duty cycle";
  EXPECT_FALSE(has_checkpoint(kRun));
}

TEST_F(DispatcherProcess, AStandbyGoesOnWithTheRunsOfTheOneThatLeft) {
  auto other = store::Epoch::take(store_, ga_dispatcher::kRole, now_);
  ASSERT_TRUE(other);
  start();
  EXPECT_THAT(stage_->readiness().reason, HasSubstr("living owner: epoch 1"));
  EXPECT_EQ(submit(kRun), 0u);
  other->release();
  turn(1000);
  EXPECT_TRUE(stage_->readiness().ready) << stage_->readiness().reason;
  EXPECT_EQ(submit(kRun), 1u);
}

// The same on a disk of 8 MiB, of which 1 MiB is reserved.
class FullDisk : public DispatcherProcess {
 protected:
  void SetUp() override {
    if (!disk_.is_mounted()) GTEST_SKIP() << "no right to mount a small disk";
    setenv("MENDEL_PIPELINE_FREE_BYTES_MIN", "0", 1);
    setenv("MENDEL_PIPELINE_RESERVE_BYTES", "1048576", 1);
    topology_ = *wiring::Topology::read(std::string(MENDEL_SOURCE_DIR) + "/topology/local.ini",
                                        disk_.path());
    store_ = *store::Store::create(topology_.store(), 1);
  }
  void TearDown() override {
    unsetenv("MENDEL_PIPELINE_FREE_BYTES_MIN");
    unsetenv("MENDEL_PIPELINE_RESERVE_BYTES");
    stage_.reset();
  }
  bool reserve_is_held() const { return std::filesystem::exists(store_.path() + "/reserve"); }

  const SmallDisk disk_{8 << 20};
};

TEST_F(FullDisk, TheReserveLetsCheckpointsGoOn) {
  start();
  EXPECT_TRUE(reserve_is_held());
  disk_.fill_bytes();
  submit(kRun);
  EXPECT_TRUE(has_checkpoint(kRun));
  EXPECT_TRUE(stage_->readiness().ready) << stage_->readiness().reason;
  EXPECT_FALSE(reserve_is_held());
  disk_.make_room();
  turn(10'000);
  EXPECT_TRUE(reserve_is_held()) << "it is taken again";
}

TEST_F(FullDisk, ACheckpointThatFindsNoRoomAtAllWaitsForIt) {
  start();
  for (int i = 0; i < 2; ++i) {
    disk_.fill_bytes();
    submit(i == 0 ? kRun : kOtherRun);
  }
  EXPECT_FALSE(has_checkpoint(kOtherRun));
  EXPECT_EQ(stage_->failure(), nullptr);
  EXPECT_FALSE(stage_->wants(wiring::Edge::requests));
  EXPECT_THAT(stage_->readiness().reason, HasSubstr("No space left on device"));
  EXPECT_EQ(turn(1000), 0u) << "nothing leaves that is not durable";
  disk_.make_room();
  EXPECT_GT(turn(1000), 0u);
  EXPECT_TRUE(has_checkpoint(kOtherRun));
  EXPECT_TRUE(stage_->readiness().ready) << stage_->readiness().reason;
}

TEST_F(FullDisk, ADispatcherThatStartsThereUsesTheReserve) {
  start();
  disk_.fill_bytes();
  runtime::Outbox out;
  stage_->stop(now_, out);
  stage_.reset();
  start();
  turn(1000);
  turn(1000);
  EXPECT_TRUE(stage_->readiness().ready) << stage_->readiness().reason;
}

}  // namespace
}  // namespace mendel::testing
