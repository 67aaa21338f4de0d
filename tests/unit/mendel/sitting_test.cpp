#include "topology/mendel/sitting.hpp"

#include <gtest/gtest.h>

#include "shared/base/time.hpp"

namespace mendel::cli {
namespace {

wire::Progress progress(const char* state, double rate) {
  wire::Progress told;
  told.state = state;
  told.evaluations = 268;
  told.evaluations_per_second = rate;
  return told;
}

TEST(Sitting, HasARateOfTheSearchAndATimeOfJudging) {
  Sitting sitting;
  sitting.see(progress("running", 540), 1 * kNsPerSecond);
  sitting.see(progress("reporting", 560), 2 * kNsPerSecond);
  EXPECT_TRUE(sitting.judged_seconds().is_null());
  sitting.see(progress("reporting", 560), 3 * kNsPerSecond);
  sitting.see(progress("finished", 560), 22 * kNsPerSecond);
  EXPECT_EQ(sitting.evaluations_per_second().as_number(), 560);
  EXPECT_EQ(sitting.judged_seconds().as_number(), 20);
}

TEST(Sitting, KeepsTheRateWhenTheDispatcherIsStartedAgainWhileItJudges) {
  Sitting sitting;
  sitting.see(progress("reporting", 560), 1 * kNsPerSecond);
  sitting.see(progress("reporting", 0), 5 * kNsPerSecond);
  sitting.see(progress("finished", 0), 7 * kNsPerSecond);
  EXPECT_EQ(sitting.evaluations_per_second().as_number(), 560);
  EXPECT_EQ(sitting.judged_seconds().as_number(), 6);
}

TEST(Sitting, HasNoRateOfASearchThatWasOverBefore) {
  Sitting sitting;
  sitting.see(progress("reporting", 0), 1 * kNsPerSecond);
  sitting.see(progress("finished", 0), 2 * kNsPerSecond);
  EXPECT_TRUE(sitting.evaluations_per_second().is_null());
}

TEST(Sitting, HasSeenNothingOfARunThatHadEnded) {
  Sitting sitting;
  sitting.see(progress("finished", 0), 1 * kNsPerSecond);
  EXPECT_TRUE(sitting.evaluations_per_second().is_null());
  EXPECT_TRUE(sitting.judged_seconds().is_null());
}

}  // namespace
}  // namespace mendel::cli
