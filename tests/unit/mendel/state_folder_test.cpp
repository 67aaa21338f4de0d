#include "topology/mendel/state_folder.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch_folder.hpp"
#include "topology/mendel/command.hpp"

namespace mendel::cli {
namespace {

TEST(StateLock, IsRefusedWhileAnotherHoldsItAndNamesItsPid) {
  const testing::ScratchFolder folder;
  const Result<StateLock> first = StateLock::take(folder.path(), "mendel up");
  ASSERT_TRUE(first);
  const Result<StateLock> second = StateLock::take(folder.path(), "mendel up");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::configuration);
  EXPECT_NE(second.error().message.find("pid " + std::to_string(getpid())), std::string::npos);
}

TEST(StateLock, NamesTheOwnerOnlyWhileItLives) {
  const testing::ScratchFolder folder;
  EXPECT_FALSE(StateLock::owner(folder.path()));
  {
    const Result<StateLock> lock = StateLock::take(folder.path(), "mendel up");
    ASSERT_TRUE(lock);
    ASSERT_TRUE(StateLock::owner(folder.path()));
    EXPECT_EQ(StateLock::owner(folder.path())->pid, getpid());
    EXPECT_EQ(StateLock::owner(folder.path())->command, "mendel up");
  }
  EXPECT_FALSE(StateLock::owner(folder.path()));
}

TEST(StateLock, IsFreeAfterAKilledOwner) {
  const testing::ScratchFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    const Result<StateLock> lock = StateLock::take(folder.path(), "mendel up");
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(StateLock::take(folder.path(), "mendel up"));
}

TEST(Sockets, AreDeletedOnlyWhenALivingPipelineLostItsMark) {
  const testing::ScratchFolder folder;
  const auto topology =
      wiring::Topology::read(MENDEL_SOURCE_DIR "/topology/local.ini", folder.path());
  ASSERT_TRUE(topology);
  ASSERT_TRUE(create_folders(*topology));
  EXPECT_FALSE(deleted_sockets(*topology));
  {
    const Result<StateLock> lock = StateLock::take(folder.path(), "mendel up");
    ASSERT_TRUE(lock);
    ASSERT_TRUE(mark_sockets(*topology));
    EXPECT_FALSE(deleted_sockets(*topology));
    std::filesystem::remove_all(topology->run());
    const auto told = deleted_sockets(*topology);
    ASSERT_TRUE(told);
    EXPECT_NE(told->find("(pid " + std::to_string(getpid()) + ")"), std::string::npos);
  }
  EXPECT_FALSE(deleted_sockets(*topology));
}

TEST(Hints, CanBePastedWhateverTheStateFolderIsCalled) {
  for (const auto& [folder, word] : {std::pair{"/tmp/my-state_1", "/tmp/my-state_1"},
                                     {"/tmp/a b", "'/tmp/a b'"},
                                     {"/tmp/it's;$HOME", "'/tmp/it'\\''s;$HOME'"}}) {
    const auto topology = wiring::Topology::read(MENDEL_SOURCE_DIR "/topology/local.ini", folder);
    ASSERT_TRUE(topology);
    const std::string hint = invocation(*topology, "up");
    EXPECT_EQ(hint.substr(hint.find(" --state ") + 9), word);
  }
}

TEST(StateLock, SaysWhatToDoWhereNothingCanBeWritten) {
  const Result<StateLock> lock = StateLock::take("/proc/version", "mendel up");
  ASSERT_FALSE(lock);
  EXPECT_NE(lock.error().message.find("--state"), std::string::npos);
}

}  // namespace
}  // namespace mendel::cli
