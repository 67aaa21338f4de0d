// Blocks: a series of daily returns as the sums of 16 equal stretches. Small enough to travel with
// a score, and all that a verdict needs: the Sharpe ratio of the whole and of every half. Threads:
// plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mendel::statistics {

// S of the verdict's cross-validation: 12,870 splits.
inline constexpr std::size_t kDailyBlocks = 16;

struct Block {
  double count = 0;
  double sum = 0;
  double squares = 0;  // sum of squares
  double least = 0;    // 0 when there is no return
  double most = 0;

  bool is_constant() const { return least == most; }
};

// First the block of the first (returns mod blocks) returns, which no split uses, then `blocks` of
// equal length. Sums run in the order of time.
std::vector<Block> blocks_of(std::span<const double> returns, std::size_t blocks = kDailyBlocks);

// Mean / standard deviation (ddof 1) of all returns, per day; nullopt for fewer than two or when
// all are equal.
std::optional<double> sharpe_of(std::span<const Block> blocks);
std::int64_t count_of(std::span<const Block> blocks);

// How blocks travel: the five numbers of each, one after the other.
std::vector<double> to_numbers(std::span<const Block> blocks);
// nullopt for anything that blocks_of with kDailyBlocks does not make.
std::optional<std::vector<Block>> blocks_from(std::span<const double> numbers);

}  // namespace mendel::statistics
