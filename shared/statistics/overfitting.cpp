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

bool is_overfit(const Table& table, std::uint32_t chosen, std::uint32_t every_block) {
  const std::vector<double> inside = scores(table, chosen);
  const std::vector<double> outside = scores(table, every_block & ~chosen);
  const auto best = static_cast<std::size_t>(std::max_element(inside.begin(), inside.end()) -
                                             inside.begin());  // the first of equals
  const auto rank = static_cast<std::size_t>(std::count_if(
      outside.begin(), outside.end(), [&](double value) { return value <= outside[best]; }));
  // logit(rank / (n + 1)) <= 0, in whole numbers.
  return 2 * rank <= table.strategies + 1;
}

}  // namespace

Result<Overfitting> overfitting(std::span<const double> returns, std::size_t strategies,
                                std::size_t blocks) {
  if (blocks < 2 || blocks % 2 != 0 || blocks > kBlocksMax) {
    return configuration_error(
        fmt::format("pbo: {} blocks; use an even number from 2 to {}", blocks, kBlocksMax));
  }
  if (strategies == 0 || returns.size() % strategies != 0) {
    return configuration_error(fmt::format("pbo: {} returns do not make rows of {} strategies",
                                           returns.size(), strategies));
  }
  const std::size_t rows = returns.size() / strategies;
  if (rows / blocks < 2) {
    return configuration_error(
        fmt::format("pbo: {} periods are too few for {} blocks; use fewer blocks or more history",
                    rows, blocks));
  }
  const std::size_t dropped = rows % blocks;
  const Table table{returns.subspan(dropped * strategies), strategies, rows / blocks};
  const std::uint32_t every_block = (1u << blocks) - 1;
  Overfitting result;
  for (std::uint32_t chosen = 1; chosen < every_block; ++chosen) {
    if (std::popcount(chosen) != static_cast<int>(blocks / 2)) continue;
    ++result.splits;
    if (is_overfit(table, chosen, every_block)) ++result.overfit;
  }
  return result;
}

}  // namespace mendel::statistics
