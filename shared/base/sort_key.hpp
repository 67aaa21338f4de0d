// SortKey: a number that decides nearly every comparison of what it was taken from. Rows of them
// are sorted by radix, which looks at nothing else and costs a few nanoseconds a key.
// Threads: plain values and pure functions.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mendel {

class SortKey {
 public:
  // Smaller groups come first, then smaller numbers; the two zeros are equal. Requires that the
  // number is not NaN.
  SortKey(double number, std::size_t index, std::uint8_t group = 0)
      : bits_(ordered(number)), index_(static_cast<std::uint32_t>(index)), group_(group) {}

  // In the order of memcmp over the number's bytes.
  static SortKey of_bytes(double number, std::size_t index) {
    SortKey key(0, index);
    key.bits_ = __builtin_bswap64(std::bit_cast<std::uint64_t>(number));
    return key;
  }

  std::size_t index() const { return index_; }
  bool ties(const SortKey& other) const { return bits_ == other.bits_ && group_ == other.group_; }
  bool operator<(const SortKey& other) const {
    return group_ != other.group_ ? group_ < other.group_ : bits_ < other.bits_;
  }

  // Of 8 bits, the least first.
  static constexpr std::size_t kDigits = 9;
  std::size_t digit(std::size_t place) const {
    return place < 8 ? bits_ >> 8 * place & 0xff : group_;
  }

 private:
  // As unsigned integers these stand in the order of the numbers.
  static std::uint64_t ordered(double number) {
    constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
    const auto bits = std::bit_cast<std::uint64_t>(number + 0.0);
    return (bits & kSign) != 0 ? ~bits : bits | kSign;
  }

  std::uint64_t bits_;
  std::uint32_t index_;
  std::uint8_t group_;
};

// Keys that tie keep their order.
void sort_keys(std::span<SortKey> keys);

// Calls of(keys) for every row of sorted keys that tie, of two or more.
template <class Of>
void for_ties(std::span<SortKey> keys, Of of) {
  for (auto first = keys.begin(); first != keys.end();) {
    const auto end =
        std::find_if(first + 1, keys.end(), [&](const SortKey& key) { return !key.ties(*first); });
    if (end - first > 1) of(std::span<SortKey>(first, end));
    first = end;
  }
}

}  // namespace mendel
