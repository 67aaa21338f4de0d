#include "topology/mendel/child.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace mendel::cli {
namespace {

ChildSpec shell(const std::string& script) {
  ChildSpec spec;
  spec.name = "shell";
  spec.words = {"/bin/sh", "-c", script};
  return spec;
}

TEST(Child, ReportsItsExitCodeAndEverythingItSaid) {
  const Result<ProgramOutput> output = run_program(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(output);
  EXPECT_FALSE(output->ending.by_signal);
  EXPECT_EQ(output->ending.number, 3);
  EXPECT_EQ(output->text, "out\nerr\n");
}

TEST(Child, ReportsTheSignalThatEndedIt) {
  const Result<ProgramOutput> output = run_program(shell("kill -SEGV $$"));
  ASSERT_TRUE(output);
  EXPECT_TRUE(output->ending.by_signal);
  EXPECT_EQ(output->ending.number, SIGSEGV);
}

TEST(Child, SeesTheEnvironmentItWasGiven) {
  ChildSpec spec = shell("echo $MENDEL_STATE");
  spec.environment = {{"MENDEL_STATE", "/there"}};
  EXPECT_EQ(run_program(spec)->text, "/there\n");
}

TEST(Child, StartsWithoutOurBlockedSignals) {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  const Result<ProgramOutput> output = run_program(shell("grep SigBlk /proc/self/status"));
  sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(output->text, "SigBlk:\t0000000000000000\n");
}

TEST(Child, SaysWhatToDoWhenTheBinaryIsMissing) {
  ChildSpec spec;
  spec.words = {"/no/such/binary"};
  const Result<ProgramOutput> output = run_program(spec);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().kind, ErrorKind::configuration);
  EXPECT_NE(output.error().message.find("/no/such/binary"), std::string::npos);
}

TEST(Child, DiesWithItsParent) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const Result<Child> child = spawn(shell("exec sleep 1000"), 0);
    const pid_t pid = child ? child->pid : -1;
    if (write(ends[1], &pid, sizeof pid) < 0) _exit(1);
    raise(SIGKILL);
  }
  pid_t orphan = -1;
  ASSERT_EQ(read(ends[0], &orphan, sizeof orphan), static_cast<ssize_t>(sizeof orphan));
  close(ends[0]);
  waitpid(parent, nullptr, 0);
  // It is not our child, so it cannot be waited for: it is gone or a zombie within moments.
  const std::string stat = "/proc/" + std::to_string(orphan) + "/exe";
  for (int i = 0; i < 500 && access(stat.c_str(), F_OK) == 0; ++i) usleep(10'000);
  char target[64];
  EXPECT_EQ(readlink(stat.c_str(), target, sizeof target), -1);
}

TEST(Child, IsKilledWhenItDoesNotEndInTime) {
  const Result<Child> child = spawn(shell("trap '' TERM; echo up; while :; do sleep 1; done"), 0);
  ASSERT_TRUE(child);
  char c = 0;
  while (read(child->output, &c, 1) != 1) usleep(1000);
  const Ending ending = end_child(child->pid, SIGTERM, 50);
  close(child->output);
  EXPECT_TRUE(ending.by_signal);
  EXPECT_EQ(ending.number, SIGKILL);
}

}  // namespace
}  // namespace mendel::cli
