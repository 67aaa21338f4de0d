#include "shared/statistics/overfitting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace mendel::statistics {
namespace {

struct Table {
  std::span<const double> returns;  // row-major, whole blocks only
  std::size_t strategies = 0;
  std::size_t block_rows = 0;

  double at(std::size_t row, std::size_t strategy) const {
    return returns[row * strategies + strategy];
  }
};

// Mean / standard deviation of one strategy over the blocks whose bits are set, rows in time order.
double score(const Table& table, std::size_t strategy, std::uint32_t chosen) {
  std::vector<double> values;
  for (std::size_t block = 0; (chosen >> block) != 0; ++block) {
    if ((chosen >> block & 1u) == 0) continue;
    for (std::size_t row = 0; row < table.block_rows; ++row) {
      values.push_back(table.at(block * table.block_rows + row, strategy));
    }
  }
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  if (*least == *most) return -std::numeric_limits<double>::infinity();
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  for (double value : values) sum += value;
  const double mean = sum / count;
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  return mean / std::sqrt(squares / (count - 1.0));
}

std::vector<double> scores(const Table& table, std::uint32_t chosen) {
  std::vector<double> all(table.strategies);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = score(table, i, chosen);
  return all;
}

bool is_overfit(const std::vector<double>& inside, const std::vector<double>& outside) {
  const auto best = static_cast<std::size_t>(std::max_element(inside.begin(), inside.end()) -
                                             inside.begin());  // the first of equals
  const auto rank = static_cast<std::size_t>(std::count_if(
      outside.begin(), outside.end(), [&](double value) { return value <= outside[best]; }));
  // logit(rank / (n + 1)) <= 0, in whole numbers.
  return 2 * rank <= inside.size() + 1;
}

Status check_split(std::size_t blocks, std::size_t rows) {
  if (blocks < 2 || blocks % 2 != 0 || blocks > kBlocksMax) {
    return configuration_error(
        fmt::format("pbo: {} blocks; use an even number from 2 to {}", blocks, kBlocksMax));
  }
  if (rows / blocks < 2) {
    return configuration_error(
        fmt::format("pbo: {} periods are too few for {} blocks; use fewer blocks or more history",
                    rows, blocks));
  }
  return {};
}

// Scores of all strategies in a half of the blocks. The sums of every subset of the lower and of
// the upper blocks are made once, so that a half is one addition.
class Halves {
 public:
  Halves(std::span<const std::vector<Block>> strategies, std::size_t blocks)
      : strategies_(strategies.size()),
        low_blocks_(blocks / 2),
        returns_(strategies.front()[1].count * static_cast<double>(low_blocks_)),
        low_(subsets(strategies, 0, low_blocks_)),
        high_(subsets(strategies, low_blocks_, blocks - low_blocks_)) {
    for (std::size_t i = 0; i < strategies.size(); ++i) note_constant(strategies[i], i);
  }

  std::vector<double> scores(std::uint32_t chosen) const {
    const std::size_t low = (chosen & ((1u << low_blocks_) - 1)) * strategies_;
    const std::size_t high = (chosen >> low_blocks_) * strategies_;
    std::vector<double> all(strategies_);
    for (std::size_t i = 0; i < strategies_; ++i) {
      const double sum = low_.sum[low + i] + high_.sum[high + i];
      const double squares = low_.squares[low + i] + high_.squares[high + i];
      const double mean = sum / returns_;
      const double variance = (squares - sum * mean) / (returns_ - 1.0);
      all[i] = mean / std::sqrt(std::max(variance, std::numeric_limits<double>::min()));
    }
    for (const Constant& one : constant_) {
      if ((chosen & ~one.same[static_cast<std::size_t>(std::countr_zero(chosen))]) == 0)
        all[one.strategy] = -std::numeric_limits<double>::infinity();
    }
    return all;
  }

 private:
  struct Sums {
    std::vector<double> sum, squares;  // subset by subset, strategy by strategy
  };
  struct Constant {
    std::size_t strategy = 0;
    std::vector<std::uint32_t> same;  // per block: those constant at its value; 0 = it is not
  };

  static Sums subsets(std::span<const std::vector<Block>> strategies, std::size_t first,
                      std::size_t count) {
    const std::size_t n = strategies.size();
    Sums sums{std::vector<double>(n << count), std::vector<double>(n << count)};
    for (std::size_t subset = 1; subset < (std::size_t{1} << count); ++subset) {
      // The highest block is added last: sums run in the order of time.
      const auto top = static_cast<std::size_t>(std::bit_width(subset) - 1);
      const std::size_t rest = (subset ^ (std::size_t{1} << top)) * n;
      for (std::size_t i = 0; i < n; ++i) {
        const Block& block = strategies[i][1 + first + top];
        sums.sum[subset * n + i] = sums.sum[rest + i] + block.sum;
        sums.squares[subset * n + i] = sums.squares[rest + i] + block.squares;
      }
    }
    return sums;
  }

  void note_constant(const std::vector<Block>& blocks, std::size_t strategy) {
    Constant one{strategy, std::vector<std::uint32_t>(blocks.size() - 1, 0)};
    bool any = false;
    for (std::size_t i = 0; i + 1 < blocks.size(); ++i) {
      if (!blocks[i + 1].is_constant()) continue;
      any = true;
      for (std::size_t j = 0; j + 1 < blocks.size(); ++j)
        if (blocks[j + 1].is_constant() && blocks[j + 1].least == blocks[i + 1].least)
          one.same[i] |= 1u << j;
    }
    if (any) constant_.push_back(std::move(one));
  }

  std::size_t strategies_;
  std::size_t low_blocks_;
  double returns_;  // in a half
  Sums low_, high_;
  std::vector<Constant> constant_;
};

}  // namespace

Result<Overfitting> overfitting(std::span<const double> returns, std::size_t strategies,
                                std::size_t blocks) {
  if (strategies == 0 || returns.size() % strategies != 0) {
    return configuration_error(fmt::format("pbo: {} returns do not make rows of {} strategies",
                                           returns.size(), strategies));
  }
  const std::size_t rows = returns.size() / strategies;
  if (Status split = check_split(blocks, rows); !split) return split.error();
  const std::size_t dropped = rows % blocks;
  const Table table{returns.subspan(dropped * strategies), strategies, rows / blocks};
  const std::uint32_t every_block = (1u << blocks) - 1;
  Overfitting result;
  for (std::uint32_t chosen = 1; chosen < every_block; ++chosen) {
    if (std::popcount(chosen) != static_cast<int>(blocks / 2)) continue;
    ++result.splits;
    if (is_overfit(scores(table, chosen), scores(table, every_block & ~chosen))) ++result.overfit;
  }
  return result;
}

Result<Overfitting> overfitting(std::span<const std::vector<Block>> strategies) {
  if (strategies.empty() || strategies.front().size() < 2)
    return configuration_error("pbo: there are no strategies");
  const std::vector<Block>& first = strategies.front();
  for (const auto& blocks : strategies) {
    const bool same = blocks.size() == first.size() &&
                      std::all_of(blocks.begin() + 1, blocks.end(), [&](const Block& block) {
                        return block.count == first[1].count;
                      });
    if (!same) return configuration_error("pbo: the strategies have blocks of other lengths");
  }
  const std::size_t blocks = first.size() - 1;
  const auto rows = static_cast<std::size_t>(first[1].count) * blocks;
  if (Status split = check_split(blocks, rows); !split) return split.error();
  const Halves halves(strategies, blocks);
  const std::uint32_t every_block = (1u << blocks) - 1;
  Overfitting result;
  // A half and its complement are two splits with the same scores.
  for (std::uint32_t chosen = 1; chosen < (every_block & ~chosen); ++chosen) {
    if (std::popcount(chosen) != static_cast<int>(blocks / 2)) continue;
    const std::vector<double> one = halves.scores(chosen);
    const std::vector<double> other = halves.scores(every_block & ~chosen);
    result.splits += 2;
    result.overfit += (is_overfit(one, other) ? 1 : 0) + (is_overfit(other, one) ? 1 : 0);
  }
  return result;
}

}  // namespace mendel::statistics
