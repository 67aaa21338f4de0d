#include "shared/neon/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::neon {
namespace {

using ::testing::HasSubstr;

InForce present() {
  InForce now;
  now.endpoint = "ep-1";
  now.min_cu = 2;
  now.max_cu = 8;
  now.suspend_seconds = 300;
  now.history_seconds = kHistorySeconds;
  now.allowed_ips = {"203.0.113.7"};
  now.protected_branches_only = true;
  return now;
}

std::string refusal(const Wanted& wanted) {
  const Status status = check_wanted(wanted, present());
  return status ? "" : status.error().message;
}

TEST(NeonSettings, AMaximumMoreThanEightAboveTheMinimumIsRefused) {
  Wanted wanted;
  wanted.min_cu = 1;
  wanted.max_cu = 10;
  EXPECT_THAT(refusal(wanted), HasSubstr("raise --min-cu to 2 or lower --max-cu to 9"));
  wanted.max_cu = 9;
  EXPECT_EQ(refusal(wanted), "");
  wanted.min_cu.reset();  // the 2 in force counts
  wanted.max_cu = 11;
  EXPECT_THAT(refusal(wanted), HasSubstr("at most 8 units"));
}

TEST(NeonSettings, UnitsThatNoComputeHasAreRefused) {
  for (const double cu : {0.0, 0.3, 1.5, 17.0, -1.0}) {
    Wanted wanted;
    wanted.min_cu = cu;
    EXPECT_THAT(refusal(wanted), HasSubstr("a compute has")) << cu;
  }
  Wanted wanted;
  wanted.min_cu = 9;
  EXPECT_THAT(refusal(wanted), HasSubstr("the minimum is above the maximum"));
}

TEST(NeonSettings, SuspendIsNeverDefaultOrAMinuteToAWeek) {
  for (const std::int64_t seconds : {-1, 0, 60, 604'800}) {
    Wanted wanted;
    wanted.suspend_seconds = seconds;
    EXPECT_EQ(refusal(wanted), "") << seconds;
  }
  for (const std::int64_t seconds : {-2, 1, 59, 604'801}) {
    Wanted wanted;
    wanted.suspend_seconds = seconds;
    EXPECT_THAT(refusal(wanted), HasSubstr("0 = Neon's default (300 s), -1 = never")) << seconds;
  }
}

TEST(NeonSettings, AnEmptyAllowListIsRefusedForItLetsEveryoneIn) {
  Wanted wanted;
  wanted.allowed_ips.emplace();
  EXPECT_THAT(refusal(wanted), HasSubstr("lets everyone connect"));
}

TEST(NeonSettings, AddressesThatNoClientHasAreRefused) {
  for (const char* entry :
       {"10.1.2.3", "172.16.0.0/12", "172.31.255.255", "192.168.1.0/24", "127.0.0.1", "100.64.1.1",
        "169.254.169.254", "::1", "fd00::1", "fe80::1", "9.0.0.0-10.0.0.5", "::ffff:10.0.0.1",
        "8.0.0.0/5", "192.0.0.0/2", "9.0.0.0-12.0.0.0", "f000::/4"}) {
    const Status status = check_allowed_ip(entry);
    ASSERT_FALSE(status) << entry;
    EXPECT_THAT(status.error().message, HasSubstr("Neon sees the public address")) << entry;
  }
}

TEST(NeonSettings, WhatIsNoAddressIsRefused) {
  for (const char* entry :
       {"", "everyone", "203.0.113", "203.0.113.1/33", "203.0.113.1/x", "203.0.113.9-203.0.113.1",
        "203.0.113.1-2001:db8::1", "203.0.113.0/24-203.0.114.0", "203.0.113.1/", "0.0.0.0/0"}) {
    EXPECT_FALSE(check_allowed_ip(entry)) << entry;
  }
  for (const char* entry : {"203.0.113.1", "203.0.113.0/24", "203.0.113.1-203.0.113.9",
                            "2001:db8::/32", "172.32.0.1"}) {
    EXPECT_TRUE(check_allowed_ip(entry)) << entry;
  }
}

TEST(NeonSettings, ChangesNameOnlyWhatDiffers) {
  Wanted wanted;
  wanted.min_cu = 2;
  wanted.max_cu = 4;
  wanted.suspend_seconds = -1;
  wanted.allowed_ips = {"203.0.113.7"};
  const auto all = changes(wanted, present());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].from, "2 to 8 CU");
  EXPECT_EQ(all[0].to, "2 to 4 CU");
  EXPECT_EQ(all[1].from, "after 300 s idle");
  EXPECT_EQ(all[1].to, "never");
  EXPECT_TRUE(project_patch(wanted, present()).is_null());
  EXPECT_EQ(config::to_json(endpoint_patch(wanted, present())),
            R"({"endpoint":{"autoscaling_limit_min_cu":2.0,"autoscaling_limit_max_cu":4.0,)"
            R"("suspend_timeout_seconds":-1}})");
}

TEST(NeonSettings, AHistoryThatNobodyNamedIsNotShortened) {
  InForce now = present();
  now.history_seconds = 4 * kHistorySeconds;
  EXPECT_TRUE(changes({}, now).empty());
  EXPECT_TRUE(project_patch({}, now).is_null());
  Wanted wanted;
  wanted.history_seconds = kHistorySeconds;
  EXPECT_EQ(config::to_json(project_patch(wanted, now)),
            R"({"project":{"history_retention_seconds":604800}})");
  now.history_seconds = 3600;
  EXPECT_EQ(config::to_json(project_patch({}, now)),
            R"({"project":{"history_retention_seconds":604800}})");
}

TEST(NeonSettings, TheAllowListKeepsWhichBranchesItProtects) {
  Wanted wanted;
  wanted.allowed_ips = {"203.0.113.8", "203.0.113.9"};
  EXPECT_EQ(config::to_json(project_patch(wanted, present())),
            R"({"project":{"history_retention_seconds":604800,"settings":{"allowed_ips":)"
            R"({"ips":["203.0.113.8","203.0.113.9"],"protected_branches_only":true}}}})");
  EXPECT_TRUE(endpoint_patch(wanted, present()).is_null());
}

TEST(NeonSettings, SuspendAndDurationsReadAsWhatTheyMean) {
  EXPECT_EQ(suspend_text(-1), "never");
  EXPECT_EQ(suspend_text(0), "after 300 s idle (Neon's default)");
  EXPECT_EQ(duration_text(604'800), "7 days");
  EXPECT_EQ(duration_text(86'400), "1 day");
  EXPECT_EQ(duration_text(5'400), "5400 seconds");
  EXPECT_EQ(duration_text(0), "0 seconds");
}

}  // namespace
}  // namespace mendel::neon
