// Probability of backtest overfitting by combinatorially symmetric cross-validation: how often the
// best strategy of one half of history is below the median in the other half.
// Source: Bailey, Borwein, Lopez de Prado, Zhu, "The Probability of Backtest Overfitting" (2017).
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/statistics/blocks.hpp"

namespace mendel::statistics {

inline constexpr std::size_t kBlocksMax = 20;  // 184,756 splits

struct Overfitting {
  std::int64_t splits = 0;   // choose(blocks, blocks / 2)
  std::int64_t overfit = 0;  // splits with a logit <= 0
  double probability() const { return static_cast<double>(overfit) / static_cast<double>(splits); }
};

// `returns` is row-major, periods x strategies; the first (periods mod blocks) rows are dropped.
// The score of a half is mean / standard deviation (ddof 1); a half without deviation is worst. The
// rank of the chosen one counts the values <= its own, w = rank / (strategies + 1), and w <= 1/2 is
// overfit. Errors (configuration): no strategies, an odd or too large number of blocks, too few
// periods.
Result<Overfitting> overfitting(std::span<const double> returns, std::size_t strategies,
                                std::size_t blocks);

// The same from block sums: an entry is blocks_of one strategy's returns, all of the same periods.
// Errors (configuration): also strategies whose blocks do not match.
Result<Overfitting> overfitting(std::span<const std::vector<Block>> strategies);

}  // namespace mendel::statistics
