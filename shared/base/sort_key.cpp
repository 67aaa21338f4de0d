#include "shared/base/sort_key.hpp"

#include <array>
#include <utility>
#include <vector>

namespace mendel {
namespace {

// Fewer are sorted sooner by comparing them.
constexpr std::size_t kRadixMin = 64;

}  // namespace

// By the least digit first, each pass stable; a digit that all have in common needs none.
void sort_keys(std::span<SortKey> keys) {
  if (keys.size() < kRadixMin) {
    std::stable_sort(keys.begin(), keys.end());
    return;
  }
  std::array<std::array<std::uint32_t, 256>, SortKey::kDigits> counts{};
  for (const SortKey& key : keys)
    for (std::size_t place = 0; place < SortKey::kDigits; ++place)
      ++counts[place][key.digit(place)];
  std::vector<SortKey> other(keys.begin(), keys.end());
  std::span<SortKey> from = keys;
  std::span<SortKey> to = other;
  for (std::size_t place = 0; place < SortKey::kDigits; ++place) {
    auto& starts = counts[place];
    if (starts[from.front().digit(place)] == from.size()) continue;
    std::uint32_t start = 0;
    for (std::uint32_t& entry : starts) start += std::exchange(entry, start);
    for (const SortKey& key : from) to[starts[key.digit(place)]++] = key;
    std::swap(from, to);
  }
  if (from.data() != keys.data()) std::copy(from.begin(), from.end(), keys.begin());
}

}  // namespace mendel
