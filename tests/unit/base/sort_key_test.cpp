#include "shared/base/sort_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace mendel {
namespace {

using ::testing::ElementsAre;

std::vector<std::size_t> indices(const std::vector<SortKey>& keys) {
  std::vector<std::size_t> result;
  for (const SortKey& key : keys) result.push_back(key.index());
  return result;
}

std::vector<SortKey> keys_of(const std::vector<double>& numbers) {
  std::vector<SortKey> keys;
  for (const double number : numbers) keys.emplace_back(number, keys.size());
  return keys;
}

TEST(SortKey, SortsNumbersOfEverySignAndSize) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  auto keys = keys_of({1, -1, kInfinite, 1e-310, -kInfinite, 0, -1e300, 1e300, -1e-310});
  sort_keys(keys);
  EXPECT_THAT(indices(keys), ElementsAre(4, 6, 1, 8, 5, 3, 0, 7, 2));
}

TEST(SortKey, TheTwoZerosTieAndWhatTiesKeepsItsOrder) {
  auto keys = keys_of({2, 0.0, -0.0, 2, 0.0});
  sort_keys(keys);
  EXPECT_THAT(indices(keys), ElementsAre(1, 2, 4, 0, 3));
}

TEST(SortKey, GroupsComeFirst) {
  std::vector<SortKey> keys{{1, 0, 2}, {9, 1, 0}, {5, 2, 2}, {-5, 3, 1}, {3, 4, 0}};
  sort_keys(keys);
  EXPECT_THAT(indices(keys), ElementsAre(4, 1, 3, 0, 2));
}

TEST(SortKey, OfBytesSortsAsTheBytesDo) {
  const std::vector<double> numbers{1, -0.0, 2.5, 0.1, 0.0, -7, 1e300};
  std::vector<SortKey> keys;
  for (const double number : numbers) keys.push_back(SortKey::of_bytes(number, keys.size()));
  sort_keys(keys);
  for (std::size_t i = 1; i < keys.size(); ++i)
    EXPECT_LT(std::memcmp(&numbers[keys[i - 1].index()], &numbers[keys[i].index()], 8), 0);
}

TEST(SortKey, ShowsTheRowsThatTie) {
  auto keys = keys_of({7, 1, 7, 5, 1, 7});
  sort_keys(keys);
  std::vector<std::size_t> sizes;
  for_ties(keys, [&](std::span<SortKey> row) { sizes.push_back(row.size()); });
  EXPECT_THAT(sizes, ElementsAre(2, 3));
  for_ties({}, [&](std::span<SortKey>) { FAIL(); });
}

TEST(SortKey, SortsAsAStableSortDoes) {
  std::mt19937_64 random(17);
  for (const int range : {3, 1000, 1'000'000}) {
    std::vector<double> numbers(range == 3 ? 50 : 3000);
    for (double& number : numbers)
      number = static_cast<double>(static_cast<int>(random() % range) - range / 2) / 8;
    auto keys = keys_of(numbers);
    sort_keys(keys);
    std::vector<std::size_t> expected = indices(keys_of(numbers));
    std::stable_sort(expected.begin(), expected.end(),
                     [&](std::size_t a, std::size_t b) { return numbers[a] < numbers[b]; });
    EXPECT_EQ(indices(keys), expected);
  }
}

}  // namespace
}  // namespace mendel
