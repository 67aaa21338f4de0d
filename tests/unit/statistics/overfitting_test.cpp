#include "shared/statistics/overfitting.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/golden.hpp"

namespace mendel::statistics {
namespace {

TEST(Overfitting, GoldenValue) {
  const Overfitting result = *overfitting(golden::returns(7, 200, 400 * 10), 10, 8);
  EXPECT_EQ(result.splits, 70);
  EXPECT_EQ(result.overfit, 12);
  EXPECT_NEAR(result.probability(), 0.1714285714, 1e-9);
}

TEST(Overfitting, ALeaderEverywhereIsNotOverfit) {
  // Strategy 1 earns one more than strategy 0 in every row.
  std::vector<double> returns;
  for (int row = 0; row < 8; ++row) {
    returns.push_back(row % 3);
    returns.push_back(row % 3 + 1);
  }
  EXPECT_EQ(overfitting(returns, 2, 4)->overfit, 0);
}

TEST(Overfitting, DropsTheFirstRowsThatFillNoBlock) {
  std::vector<double> returns = golden::returns(7, 200, 40 * 5);
  std::vector<double> longer(3 * 5, 1e6);
  longer.insert(longer.end(), returns.begin(), returns.end());
  EXPECT_EQ(overfitting(longer, 5, 4)->overfit, overfitting(returns, 5, 4)->overfit);
}

TEST(Overfitting, AHalfWithoutDeviationIsWorst) {
  // Strategy 0 is constant in the first half and terrible in the second. Its division by zero must
  // neither be chosen there, nor beat strategy 1 when that is chosen on the second half.
  std::vector<double> returns;
  for (int row = 0; row < 8; ++row) {
    returns.push_back(row < 4 ? 5 : row % 2 == 0 ? -100 : -101);
    returns.push_back(row % 2 == 0 ? -1 : -2);
  }
  EXPECT_EQ(overfitting(returns, 2, 4)->overfit, 0);
}

TEST(Overfitting, RefusesWhatItCannotSplit) {
  const std::vector<double> returns(100, 0.1);
  EXPECT_FALSE(overfitting(returns, 10, 7));
  EXPECT_FALSE(overfitting(returns, 10, 22));
  EXPECT_FALSE(overfitting(returns, 10, 8));
  EXPECT_FALSE(overfitting(returns, 0, 4));
  EXPECT_FALSE(overfitting(returns, 3, 4));
}

}  // namespace
}  // namespace mendel::statistics
