#include "shared/statistics/overfitting.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <vector>

#include "shared/base/rng.hpp"
#include "shared/statistics/blocks.hpp"
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

// Columns of a row-major table as blocks.
std::vector<std::vector<Block>> blocks_of_table(const std::vector<double>& returns,
                                                std::size_t strategies, std::size_t blocks) {
  std::vector<std::vector<Block>> all;
  for (std::size_t i = 0; i < strategies; ++i) {
    std::vector<double> column;
    for (std::size_t at = i; at < returns.size(); at += strategies) column.push_back(returns[at]);
    all.push_back(blocks_of(column, blocks));
  }
  return all;
}

TEST(Overfitting, BlockSumsGiveTheGoldenValue) {
  const auto table = blocks_of_table(golden::returns(7, 200, 400 * 10), 10, 8);
  const Overfitting result = *overfitting(table);
  EXPECT_EQ(result.splits, 70);
  EXPECT_EQ(result.overfit, 12);
}

// Random tables with flat stretches, equal columns, and rows that fill no block.
TEST(Overfitting, BlockSumsEqualTheRowForm) {
  Draws draws(20261122, 0, 0, 0, Purpose::sample);
  for (int round = 0; round < 60; ++round) {
    const std::size_t strategies = 1 + draws.below(9);
    const std::size_t blocks = 2 * (1 + draws.below(4));
    const std::size_t rows = blocks * (2 + draws.below(6)) + draws.below(blocks);
    std::vector<double> returns;
    for (std::size_t i = 0; i < rows * strategies; ++i)
      returns.push_back(0.02 * draws.unit() - 0.0098);
    for (std::size_t row = 0; row < rows; ++row) {
      double* of = &returns[row * strategies];
      if (round % 3 == 0 && row > rows / 3) of[0] = 0;
      if (round % 4 == 0 && strategies > 2) of[1] = of[2];
      if (round % 5 == 0) of[strategies - 1] = 0.001;
    }
    const Overfitting by_rows = *overfitting(returns, strategies, blocks);
    const Overfitting by_blocks = *overfitting(blocks_of_table(returns, strategies, blocks));
    EXPECT_EQ(by_blocks.splits, by_rows.splits);
    EXPECT_EQ(by_blocks.overfit, by_rows.overfit) << "round " << round;
  }
}

TEST(Overfitting, RefusesBlocksOfOtherLengths) {
  auto table = blocks_of_table(golden::returns(7, 200, 400 * 3), 3, 8);
  table[1] = blocks_of(golden::returns(7, 200, 300), 8);
  EXPECT_FALSE(overfitting(table));
  EXPECT_FALSE(overfitting(std::span<const std::vector<Block>>()));
  EXPECT_FALSE(overfitting(blocks_of_table(golden::returns(7, 200, 12), 1, 8)));
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
