#include "shared/statistics/blocks.hpp"

#include <algorithm>
#include <cmath>

#include "shared/base/check.hpp"

namespace mendel::statistics {
namespace {

constexpr std::size_t kNumbers = 5;
constexpr double kCountMax = 1e9;

Block block_of(std::span<const double> returns) {
  Block block;
  if (returns.empty()) return block;
  block.count = static_cast<double>(returns.size());
  block.least = returns.front();
  block.most = returns.front();
  for (const double r : returns) {
    block.sum += r;
    block.squares += r * r;
    block.least = std::min(block.least, r);
    block.most = std::max(block.most, r);
  }
  return block;
}

bool is_possible(const Block& block) {
  const bool counted =
      block.count >= 0 && block.count <= kCountMax && std::floor(block.count) == block.count;
  return counted && std::isfinite(block.sum) && std::isfinite(block.squares) &&
         std::isfinite(block.least) && std::isfinite(block.most) && block.least <= block.most;
}

}  // namespace

std::vector<Block> blocks_of(std::span<const double> returns, std::size_t blocks) {
  check(blocks > 0, "a series is cut into at least one block");
  std::vector<Block> result = {block_of(returns.first(returns.size() % blocks))};
  const std::size_t length = returns.size() / blocks;
  for (std::size_t i = 0; i < blocks; ++i)
    result.push_back(block_of(returns.subspan(returns.size() % blocks + i * length, length)));
  return result;
}

std::optional<double> sharpe_of(std::span<const Block> blocks) {
  Block all;
  bool any = false;
  for (const Block& block : blocks) {
    if (block.count == 0) continue;
    all.count += block.count;
    all.sum += block.sum;
    all.squares += block.squares;
    all.least = any ? std::min(all.least, block.least) : block.least;
    all.most = any ? std::max(all.most, block.most) : block.most;
    any = true;
  }
  if (all.count < 2 || all.is_constant()) return std::nullopt;
  const double mean = all.sum / all.count;
  const double variance = (all.squares - all.sum * mean) / (all.count - 1);
  if (!(variance > 0)) return std::nullopt;  // deviates by less than the sums can hold
  return mean / std::sqrt(variance);
}

std::int64_t count_of(std::span<const Block> blocks) {
  double count = 0;
  for (const Block& block : blocks) count += block.count;
  return static_cast<std::int64_t>(count);
}

std::vector<double> to_numbers(std::span<const Block> blocks) {
  std::vector<double> numbers;
  numbers.reserve(blocks.size() * kNumbers);
  for (const Block& block : blocks)
    for (const double number : {block.count, block.sum, block.squares, block.least, block.most})
      numbers.push_back(number);
  return numbers;
}

std::optional<std::vector<Block>> blocks_from(std::span<const double> numbers) {
  if (numbers.size() != (kDailyBlocks + 1) * kNumbers) return std::nullopt;
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < numbers.size(); i += kNumbers)
    blocks.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4]});
  const bool possible = std::all_of(blocks.begin(), blocks.end(), is_possible) &&
                        std::all_of(blocks.begin() + 1, blocks.end(), [&](const Block& block) {
                          return block.count == blocks[1].count;
                        });
  return possible ? std::optional(std::move(blocks)) : std::nullopt;
}

}  // namespace mendel::statistics
