#include "shared/base/elementary.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "shared/base/hash.hpp"
#include "shared/base/rng.hpp"

namespace mendel {
namespace {

double ulp_distance(double a, double b) {
  const auto x = std::bit_cast<std::int64_t>(a);
  const auto y = std::bit_cast<std::int64_t>(b);
  return std::abs(static_cast<double>(x - y));
}

TEST(Elementary, LogIsWithinTwoUlpOfTheTruth) {
  Draws draws(1, 0, 0, 0, Purpose::sample);
  for (int i = 0; i < 100000; ++i) {
    const double x = std::ldexp(0.5 + draws.unit(), static_cast<int>(draws.below(200)) - 100);
    const auto truth = static_cast<double>(std::log(static_cast<long double>(x)));
    ASSERT_LE(ulp_distance(log_exact(x), truth), 2) << x;
  }
}

TEST(Elementary, ExpIsWithinTwoUlpOfTheTruth) {
  Draws draws(2, 0, 0, 0, Purpose::sample);
  for (int i = 0; i < 100000; ++i) {
    const double x = draws.unit() * 1400 - 700;
    const auto truth = static_cast<double>(std::exp(static_cast<long double>(x)));
    ASSERT_LE(ulp_distance(exp_exact(x), truth), 2) << x;
  }
}

TEST(Elementary, PowIsAccurateToNineDigits) {
  for (double base : {0.001, 0.5, 0.999, 1.0, 1.118297918, 2.0, 1234.5}) {
    for (double exponent : {-3.0, -0.5, 0.25, 0.9125, 1.0, 7.3}) {
      const double truth = std::pow(base, exponent);
      EXPECT_NEAR(pow_exact(base, exponent), truth, 1e-13 * std::abs(truth));
    }
  }
}

TEST(Elementary, EdgesAreDefined) {
  EXPECT_EQ(log_exact(1.0), 0.0);
  EXPECT_EQ(exp_exact(0.0), 1.0);
  EXPECT_TRUE(std::isinf(log_exact(0.0)));
  EXPECT_TRUE(std::isnan(log_exact(-1.0)));
  EXPECT_TRUE(std::isinf(exp_exact(1000.0)));
  EXPECT_EQ(exp_exact(-1000.0), 0.0);
  EXPECT_EQ(pow_exact(0.0, 2.0), 0.0);
  EXPECT_EQ(pow_exact(5.0, 0.0), 1.0);
  EXPECT_NEAR(log_exact(5e-324), -744.4400719213812, 1e-9);
}

// The bits themselves are frozen: a change of compiler, flags or order of operations shows here.
TEST(Elementary, BitsAreFrozen) {
  Draws draws(3, 0, 0, 0, Purpose::sample);
  Sha256 sha;
  for (int i = 0; i < 10000; ++i) {
    const double x = draws.unit() * 20 + 1e-9;
    for (double y : {log_exact(x), exp_exact(x), pow_exact(x, 0.37)}) {
      const auto bits = std::bit_cast<std::array<char, 8>>(y);
      sha.update({bits.data(), bits.size()});
    }
  }
  EXPECT_EQ(sha.finish().hex(), "faa21629aa0e08c60271e2902a7f783f2c0816c03925007d6b9cd10cde57f410");
}

}  // namespace
}  // namespace mendel
