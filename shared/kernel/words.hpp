// Words: bits of 64 bars, and the search for the next one. Bit i of word w is bar 64 w + i.
// Threads: pure functions.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace mendel::kernel {

// Bars are worked off in blocks of this many, aligned to the dataset: what one block needs of all
// columns stays in the caches while the whole population passes over it.
inline constexpr std::size_t kBlockBars = 2048;
inline constexpr std::size_t kWordBars = 64;
inline constexpr std::size_t kBlockWords = kBlockBars / kWordBars;

// The first bar in [from, to) of the block whose bit is set in set(word); `to` when there is none.
// Both count from the block's first bar.
template <class Set>
std::size_t next_bit(const Set& set, std::size_t from, std::size_t to) {
  if (from >= to) return to;
  std::size_t word = from / kWordBars;
  std::uint64_t bits = set(word) & (~std::uint64_t{0} << (from % kWordBars));
  const std::size_t last = (to - 1) / kWordBars;
  while (bits == 0) {
    if (++word > last) return to;
    bits = set(word);
  }
  const std::size_t found = word * kWordBars + static_cast<std::size_t>(std::countr_zero(bits));
  return found < to ? found : to;
}

}  // namespace mendel::kernel
