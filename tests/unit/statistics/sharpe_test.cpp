#include "shared/statistics/sharpe.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/support/golden.hpp"

namespace mendel::statistics {
namespace {

ReturnMoments golden_moments() { return *moments_of(golden::returns(42, 195, 400)); }

TEST(Sharpe, MomentsOfReturnsThatCanBeCheckedByHand) {
  // Mean 2; variance 1 with ddof 1 and 2/3 with ddof 0; fourth moment (1 + 0 + 1) / 3.
  const ReturnMoments moments = *moments_of(std::vector<double>{1, 2, 3});
  EXPECT_EQ(moments.count, 3);
  EXPECT_DOUBLE_EQ(moments.sharpe, 2.0);
  EXPECT_DOUBLE_EQ(moments.skewness, 0.0);
  EXPECT_NEAR(moments.kurtosis, 1.5, 1e-15);
}

TEST(Sharpe, ReturnsWithoutVarianceHaveNoMoments) {
  EXPECT_FALSE(moments_of(std::vector<double>{}));
  EXPECT_FALSE(moments_of(std::vector<double>{0.1}));
  EXPECT_FALSE(moments_of(std::vector<double>{0.1, 0.1, 0.1}));
}

TEST(Sharpe, GoldenProbabilisticSharpe) {
  EXPECT_NEAR(probabilistic_sharpe(golden_moments(), 0), 0.7253411088, 1e-9);
}

TEST(Sharpe, GoldenDeflatedSharpe) {
  EXPECT_NEAR(deflated_sharpe(golden_moments(), 1000, 0.0004), 0.2413886232, 1e-9);
}

TEST(Sharpe, ManyTrialsRaiseTheExpectedMaximum) {
  EXPECT_EQ(expected_maximum_sharpe(1, 0.01), 0);
  EXPECT_LT(expected_maximum_sharpe(10, 0.01), expected_maximum_sharpe(1000, 0.01));
  EXPECT_EQ(expected_maximum_sharpe(1000, 0), 0);
}

TEST(Sharpe, TheMinimumTrackRecordReachesItsConfidence) {
  ReturnMoments moments = golden_moments();
  const double needed = *minimum_track_record(moments, 0, 0.95);
  EXPECT_GT(needed, 400);  // the golden series reaches 0.73 only
  moments.count = static_cast<std::int64_t>(std::ceil(needed));
  EXPECT_NEAR(probabilistic_sharpe(moments, 0), 0.95, 1e-4);
  EXPECT_FALSE(minimum_track_record(moments, moments.sharpe, 0.95));
}

}  // namespace
}  // namespace mendel::statistics
