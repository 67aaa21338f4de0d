#include "shared/statistics/normal.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace mendel::statistics {
namespace {

TEST(Normal, AgreesWithTheErrorFunctionFarIntoBothTails) {
  for (double x = -10; x <= 10; x += 0.125) {
    const double expected = 0.5 * std::erfc(-x / std::sqrt(2.0));
    EXPECT_NEAR(normal_cdf(x), expected, 1e-14) << x;
    if (x < -4) {
      EXPECT_NEAR(normal_cdf(x) / expected, 1, 1e-12) << x;
    }
  }
}

TEST(Normal, IsHalfAtZeroAndZeroOrOneFarAway) {
  EXPECT_EQ(normal_cdf(0), 0.5);
  EXPECT_EQ(normal_cdf(-100), 0.0);
  EXPECT_EQ(normal_cdf(100), 1.0);
}

TEST(Normal, QuantileInvertsTheDistribution) {
  for (double p : {1e-9, 1e-4, 0.025, 0.5, 0.841344746068543, 0.999}) {
    EXPECT_NEAR(normal_cdf(normal_quantile(p)), p, 1e-15 + p * 1e-12) << p;
  }
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
}

}  // namespace
}  // namespace mendel::statistics
