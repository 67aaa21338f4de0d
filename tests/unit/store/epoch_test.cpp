#include "shared/store/epoch.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/scratch_folder.hpp"
#include "tests/support/small_disk.hpp"

namespace mendel::store {
namespace {

using ::testing::HasSubstr;

constexpr Now kStart{kNsPerSecond, 1'700'000'000 * kNsPerSecond};

Now after(std::int64_t seconds) {
  return {kStart.monotonic_ns + seconds * kNsPerSecond, kStart.wall_ns + seconds * kNsPerSecond};
}

struct EpochTest : ::testing::Test {
  testing::ScratchFolder scratch;
  Store store = *Store::create(scratch.file("store"), kStart.wall_ns);

  Result<Epoch> take() { return Epoch::take(store, "results_writer", kStart); }
  std::string file(int epoch) const {
    return store.path() + "/epochs/results_writer/00000000000" + std::to_string(epoch);
  }
  // Replaces `key=…` in the owner's file: the owner is then someone else.
  void rewrite(int epoch, const std::string& key, const std::string& value) {
    std::ifstream in(file(epoch));
    std::ostringstream out;
    for (std::string line; std::getline(in, line);) {
      out << (line.starts_with(key + "=") ? key + "=" + value : line) << '\n';
    }
    std::ofstream(file(epoch)) << out.str();
  }
  void age(int epoch, int seconds) {
    struct stat status {};
    ASSERT_EQ(::stat(file(epoch).c_str(), &status), 0);
    const timespec times[2] = {{0, UTIME_OMIT}, {status.st_mtim.tv_sec - seconds, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, file(epoch).c_str(), times, 0), 0);
  }
};

TEST_F(EpochTest, TheFirstEpochIsOne) {
  const auto epoch = take();
  ASSERT_TRUE(epoch) << epoch.error().message;
  EXPECT_EQ(epoch->number(), 1u);
}

TEST_F(EpochTest, ALivingOwnerKeepsItsEpochAndIsNamed) {
  ASSERT_TRUE(take());
  const auto second = take();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::transient);
  EXPECT_THAT(second.error().message, HasSubstr("pid " + std::to_string(::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr("2023-11-14T22:13:20Z"));
}

TEST_F(EpochTest, ALivingOwnerOnThisHostKeepsItThoughItsHeartbeatIsOld) {
  ASSERT_TRUE(take());
  age(1, 3600);
  EXPECT_FALSE(take());
}

TEST_F(EpochTest, AReleasedEpochIsFreeAtOnce) {
  take()->release();
  const auto second = take();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->number(), 2u);
}

TEST_F(EpochTest, ADeadOwnerOnThisHostIsReplacedAtOnce) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto epoch = take();
    ::_exit(epoch ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const auto second = take();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->number(), 2u);
}

TEST_F(EpochTest, AZombieIsDead) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto epoch = take();
    ::_exit(epoch ? 0 : 1);
  }
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, child, &ended, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(take());
  ::waitpid(child, nullptr, 0);
}

TEST_F(EpochTest, AStoppedOwnerOnThisHostIsBelievedUntilItIsSilentFor30Seconds) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto epoch = take();
    ::raise(SIGSTOP);
    ::_exit(epoch ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
  EXPECT_TRUE(WIFSTOPPED(status));
  EXPECT_FALSE(take());
  age(1, 31);
  const auto second = take();
  EXPECT_TRUE(second) << second.error().message;
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
}

TEST_F(EpochTest, AReusedProcessNumberIsAnotherProcess) {
  ASSERT_TRUE(take());
  rewrite(1, "process_start", "1");
  EXPECT_TRUE(take());
}

TEST_F(EpochTest, AnOwnerOnAnotherHostIsBelievedUntilItIsSilentFor30Seconds) {
  ASSERT_TRUE(take());
  rewrite(1, "boot_id", "another");
  rewrite(1, "pid", "999999999");
  EXPECT_FALSE(take());
  age(1, 29);
  EXPECT_FALSE(take());
  age(1, 2);
  EXPECT_TRUE(take());
}

TEST_F(EpochTest, AnOwnerInAnotherContainerIsBelievedToo) {
  ASSERT_TRUE(take());
  rewrite(1, "pid_namespace", "pid:[1]");
  rewrite(1, "pid", "999999999");
  EXPECT_FALSE(take());
  age(1, 31);
  EXPECT_TRUE(take());
}

TEST_F(EpochTest, AFileCutOffWhileItWasWrittenNamesNobodyAndHoldsFor30Seconds) {
  ASSERT_TRUE(take());
  std::filesystem::resize_file(file(1), 0);
  EXPECT_FALSE(take());
  age(1, 31);
  EXPECT_TRUE(take());
}

TEST_F(EpochTest, TakeoversOfTenMinutesAreCounted) {
  EXPECT_EQ(take()->takeovers(kStart), 0u);
  rewrite(1, "process_start", "1");  // killed
  EXPECT_EQ(take()->takeovers(kStart), 1u);
  rewrite(2, "process_start", "1");
  const auto third = take();
  EXPECT_EQ(third->takeovers(after(599)), 2u);
  EXPECT_EQ(third->takeovers(after(600)), 0u);
}

TEST_F(EpochTest, AReleasedEpochIsNotTakenOver) {
  take()->release();
  EXPECT_EQ(take()->takeovers(kStart), 0u);
}

TEST_F(EpochTest, TheHeartbeatRefreshesTheFile) {
  auto epoch = take();
  ASSERT_TRUE(epoch);
  rewrite(1, "boot_id", "another");
  age(1, 60);
  epoch->heartbeat(kStart);
  EXPECT_FALSE(take());
}

TEST_F(EpochTest, AnOwnerSeesItsSuccessor) {
  auto first = take();
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->superseded(kStart));
  first->release();
  const auto second = take();
  ASSERT_TRUE(second);
  EXPECT_FALSE(first->superseded(kStart)) << "it looks once a second";
  const auto owner = first->superseded(after(1));
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->epoch, 2u);
  EXPECT_EQ(owner->pid, ::getpid());
  EXPECT_TRUE(first->superseded(after(1))) << "and does not forget";
}

TEST(EpochOnAFullDisk, OneThatCannotBeReleasedEndsByItsSilence) {
  const testing::SmallDisk disk(1 << 20);
  if (!disk.is_mounted()) GTEST_SKIP() << "no right to mount a small disk";
  const Store store = *Store::create(disk.path() + "/store", kStart.wall_ns);
  const auto take = [&] { return Epoch::take(store, "results_writer", kStart); };
  auto epoch = take();
  ASSERT_TRUE(epoch);
  disk.fill();
  epoch->release();
  disk.make_room();
  auto next = take();
  ASSERT_FALSE(next);
  EXPECT_THAT(next.error().message, HasSubstr("epoch 1, owner unknown"));
  const std::string file = store.path() + "/epochs/results_writer/000000000001";
  const auto long_ago = std::filesystem::last_write_time(file) - std::chrono::seconds(31);
  std::filesystem::last_write_time(file, long_ago);
  EXPECT_TRUE(take());
}

TEST(EpochOnAFullDisk, OneThatCannotBeTakenIsNotThere) {
  const testing::SmallDisk disk(1 << 20);
  if (!disk.is_mounted()) GTEST_SKIP() << "no right to mount a small disk";
  const Store store = *Store::create(disk.path() + "/store", kStart.wall_ns);
  disk.fill();
  const auto refused = Epoch::take(store, "results_writer", kStart);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::transient);
  disk.make_room();
  EXPECT_TRUE(Epoch::take(store, "results_writer", kStart)) << "nobody holds it";
}

TEST_F(EpochTest, RolesAreApart) {
  ASSERT_TRUE(take());
  EXPECT_TRUE(Epoch::take(store, "ga_dispatcher", kStart));
}

}  // namespace
}  // namespace mendel::store
