#include "shared/statistics/blocks.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <span>
#include <vector>

#include "shared/statistics/sharpe.hpp"
#include "tests/support/golden.hpp"

namespace mendel::statistics {
namespace {

TEST(Blocks, TheFirstDaysThatFillNoBlockStandAlone) {
  const std::vector<Block> blocks = blocks_of(std::vector<double>{9, 1, 2, 3, 5}, 2);
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_EQ(blocks[0].count, 1);
  EXPECT_EQ(blocks[0].sum, 9);
  EXPECT_EQ(blocks[1].sum, 3);
  EXPECT_EQ(blocks[2].squares, 34);
  EXPECT_EQ(blocks[2].least, 3);
  EXPECT_EQ(blocks[2].most, 5);
}

TEST(Blocks, TheirSharpeRatioIsThatOfTheReturns) {
  const std::vector<double> returns = golden::returns(42, 195, 407);
  const std::vector<Block> blocks = blocks_of(returns);
  EXPECT_EQ(count_of(blocks), 407);
  EXPECT_NEAR(*sharpe_of(blocks), moments_of(returns)->sharpe, 1e-13);
}

TEST(Blocks, ReturnsWithoutDeviationHaveNoSharpeRatio) {
  EXPECT_FALSE(sharpe_of(blocks_of(std::vector<double>(100, 0.1))));
  EXPECT_FALSE(sharpe_of(blocks_of(std::vector<double>{0.1})));
  EXPECT_FALSE(sharpe_of({}));
}

TEST(Blocks, ComeBackFromTheirNumbers) {
  const std::vector<double> numbers = to_numbers(blocks_of(golden::returns(7, 200, 50)));
  EXPECT_EQ(numbers.size(), 85u);
  ASSERT_TRUE(blocks_from(numbers));
  EXPECT_EQ(to_numbers(*blocks_from(numbers)), numbers);
}

TEST(Blocks, NumbersThatNoReturnsMakeAreRefused) {
  const std::vector<double> good = to_numbers(blocks_of(golden::returns(7, 200, 50)));
  EXPECT_FALSE(blocks_from(std::span(good).first(84)));
  EXPECT_FALSE(blocks_from({}));
  for (const double bad : {-1.0, 0.5, 1e300, std::numeric_limits<double>::quiet_NaN(), 17.0}) {
    std::vector<double> numbers = good;
    numbers[5] = bad;  // the count of the first block
    EXPECT_FALSE(blocks_from(numbers)) << bad;
  }
}

}  // namespace
}  // namespace mendel::statistics
