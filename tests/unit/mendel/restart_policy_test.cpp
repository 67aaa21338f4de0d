#include "topology/mendel/restart_policy.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mendel::cli {
namespace {

using Action = RestartDecision::Action;

constexpr Ending kCrash{true, 11};
constexpr std::int64_t kStart = 1000 * kNsPerSecond;

TEST(RestartPolicy, RestartsATransientEndAndASignalAfterHalfASecond) {
  for (Ending ending : {Ending{false, 1}, kCrash}) {
    RestartPolicy policy;
    const RestartDecision decision = policy.ended(ending, kStart);
    EXPECT_EQ(decision.action, Action::restart);
    EXPECT_EQ(decision.at_ns, kStart + 500 * kNsPerMs);
  }
}

TEST(RestartPolicy, NeverRestartsAStageThatEndedAsAsked) {
  RestartPolicy policy;
  EXPECT_EQ(policy.ended({false, 0}, kStart).action, Action::leave);
}

TEST(RestartPolicy, StopsAllWithTheCodeOfAConfigurationErrorOrAnOperatorsCase) {
  for (int code : {2, 4}) {
    RestartPolicy policy;
    const RestartDecision decision = policy.ended({false, code}, kStart);
    EXPECT_EQ(decision.action, Action::stop_all);
    EXPECT_EQ(decision.exit_code, code);
  }
}

TEST(RestartPolicy, DoublesTheDelayUpToThirtySeconds) {
  RestartPolicy policy;
  std::vector<std::int64_t> delays_ms;
  for (int i = 0; i < 8; ++i) {
    delays_ms.push_back((policy.ended(kCrash, kStart).at_ns - kStart) / kNsPerMs);
  }
  EXPECT_EQ(delays_ms,
            (std::vector<std::int64_t>{500, 1000, 2000, 4000, 8000, 16000, 30000, 30000}));
}

TEST(RestartPolicy, GivesUpAfterTenRestartsInTenMinutes) {
  RestartPolicy policy;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(policy.ended(kCrash, kStart + i * kNsPerSecond).action, Action::restart);
  }
  const RestartDecision decision = policy.ended(kCrash, kStart + 11 * kNsPerSecond);
  EXPECT_EQ(decision.action, Action::give_up);
  EXPECT_EQ(decision.exit_code, 1);
}

TEST(RestartPolicy, ForgetsRestartsOlderThanTenMinutes) {
  RestartPolicy policy;
  for (int i = 0; i < 10; ++i) (void)policy.ended(kCrash, kStart);
  const RestartDecision decision = policy.ended(kCrash, kStart + RestartPolicy::kWindowNs);
  EXPECT_EQ(decision.action, Action::restart);
  EXPECT_EQ(decision.at_ns - (kStart + RestartPolicy::kWindowNs), RestartPolicy::kFirstDelayNs);
}

}  // namespace
}  // namespace mendel::cli
