#include "topology/mendel/rotating_log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/scratch_folder.hpp"

namespace mendel::cli {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(RotatingLog, KeepsFiveFilesNewestFirst) {
  const testing::ScratchFolder folder;
  const std::string path = folder.path() + "/stage.log";
  RotatingLog log(path, 10);
  for (char c : std::string("abcdefg")) log.append(std::string(8, c) + "\n");
  EXPECT_EQ(content(path), "gggggggg\n");
  EXPECT_EQ(content(path + ".1"), "ffffffff\n");
  EXPECT_EQ(content(path + ".4"), "cccccccc\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".5"));
}

TEST(RotatingLog, GoesOnInTheFileThatIsThere) {
  const testing::ScratchFolder folder;
  const std::string path = folder.path() + "/stage.log";
  RotatingLog(path).append("before\n");
  RotatingLog(path).append("after\n");
  EXPECT_EQ(content(path), "before\nafter\n");
}

TEST(RotatingLog, RemembersTheLastLineWithoutItsTimeAndLevel) {
  const testing::ScratchFolder folder;
  RotatingLog log(folder.path() + "/stage.log");
  log.append("2026-11-22T00:40:01.123Z INFO  monitor: ready\n2026-11-22T00:40:02.000Z ERR");
  log.append("OR monitor: 127.0.0.1:80 is in use\n\n");
  EXPECT_EQ(log.last_line(), "monitor: 127.0.0.1:80 is in use");
}

TEST(RotatingLog, RemembersALineThatDoesNotEnd) {
  const testing::ScratchFolder folder;
  RotatingLog log(folder.path() + "/stage.log");
  log.append("one\ntwo");
  EXPECT_EQ(log.last_line(), "two");
}

TEST(RotatingLog, LosesBytesRatherThanFailWhereNothingCanBeWritten) {
  RotatingLog log("/proc/no/such/folder/stage.log");
  log.append("said\n");
  EXPECT_EQ(log.last_line(), "said");
}

}  // namespace
}  // namespace mendel::cli
