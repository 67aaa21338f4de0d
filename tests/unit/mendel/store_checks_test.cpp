#include "topology/mendel/store_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/scratch_folder.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

constexpr const char* kServer = "fs-1.efs.us-east-1.amazonaws.com";

Mount nfs(const std::string& options) {
  return {"/store", "nfs4", std::string(kServer) + ":/", options};
}

TEST(Mounts, TheLongestPointAboveAPathHoldsIt) {
  const std::string info =
      "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "30 21 0:40 / /store rw,relatime shared:5 - nfs4 host:/ rw,vers=4.1,hard,noresvport\n";
  EXPECT_EQ(mount_of("/store/log", info)->options, "rw,vers=4.1,hard,noresvport");
  EXPECT_EQ(mount_of("/storehouse", info)->type, "ext4");
  EXPECT_FALSE(mount_of("/x", ""));
}

TEST(Mounts, AHardOnePasses) {
  EXPECT_EQ(check_mount(nfs("rw,vers=4.1,hard,noresvport"), kServer).status, Outcome::pass);
  EXPECT_EQ(check_mount({"/", "ext4", "/dev/sda1", "rw"}, "").status, Outcome::pass);
}

TEST(Mounts, ASoftOneFails) {
  const Finding finding = check_mount(nfs("rw,vers=4.1,soft,noresvport"), kServer);
  EXPECT_EQ(finding.status, Outcome::fail);
  EXPECT_THAT(finding.advice, HasSubstr("hard,noresvport"));
}

TEST(Mounts, AnOldProtocolOrAReservedPortIsWarnedOf) {
  EXPECT_EQ(check_mount(nfs("rw,vers=4.0,hard,noresvport"), "").status, Outcome::warn);
  EXPECT_EQ(check_mount(nfs("rw,vers=4.1,hard"), "").status, Outcome::warn);
}

TEST(Mounts, AnotherServerThanTheNamedOneFails) {
  EXPECT_EQ(check_mount({"/", "ext4", "/dev/sda1", "rw"}, kServer).status, Outcome::fail);
  EXPECT_EQ(check_mount({"/s", "nfs4", "other:/", "rw,vers=4.1,hard,noresvport"}, kServer).status,
            Outcome::fail);
}

TEST(StoreChecks, LeaveNothingInTheFolder) {
  const testing::ScratchFolder folder;
  const std::vector<Finding> findings = check_store(folder.path(), "");
  ASSERT_EQ(findings.size(), 5U);
  for (const Finding& finding : findings) {
    EXPECT_NE(finding.measured, "") << finding.name;
    // How fast the disk of a test machine is says nothing about the code.
    if (finding.name == "store_throughput" || finding.name == "store_latency") continue;
    EXPECT_EQ(finding.status, Outcome::pass) << finding.name << ": " << finding.measured;
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(StoreChecks, AMissingFolderFailsThemAll) {
  for (const Finding& finding : check_store("/nowhere/store", "")) {
    EXPECT_EQ(finding.status, Outcome::fail);
  }
}

}  // namespace
}  // namespace mendel::cli
