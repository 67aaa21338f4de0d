#include "shared/base/rng.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "shared/base/check.hpp"

namespace mendel {
namespace {

// Multipliers and Weyl increments of the paper's Philox4x32.
constexpr std::uint32_t kMultiplier0 = 0xD2511F53;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

using Words = std::array<std::uint64_t, 8>;

#if defined(__SSE2__)

// Of two blocks: a word of each in the lower half of each half. What stands above it is of no
// meaning until the end: multiplications do not read it, and it never comes down.
using Pair = __m128i;

// The outputs for the counters {c, …} to {c + 3, …}, two numbers each.
void four_blocks(const std::array<std::uint32_t, 4>& counter, std::array<std::uint32_t, 2> key,
                 Words& out) {
  const auto all = [](std::uint32_t word) { return _mm_set1_epi64x(std::int64_t{word}); };
  const Pair multipliers[] = {all(kMultiplier0), all(kMultiplier1)};
  Pair a[] = {_mm_add_epi32(all(counter[0]), _mm_set_epi64x(1, 0)),
              _mm_add_epi32(all(counter[0]), _mm_set_epi64x(3, 2))};
  Pair b[] = {all(counter[1]), all(counter[1])};
  Pair c[] = {all(counter[2]), all(counter[2])};
  Pair d[] = {all(counter[3]), all(counter[3])};
  for (int round = 0; round < kRounds; ++round) {
    const Pair keys[] = {all(key[0]), all(key[1])};
    for (std::size_t i = 0; i < 2; ++i) {
      const Pair first = _mm_mul_epu32(a[i], multipliers[0]);
      const Pair second = _mm_mul_epu32(c[i], multipliers[1]);
      a[i] = _mm_xor_si128(_mm_srli_epi64(second, 32), _mm_xor_si128(b[i], keys[0]));
      b[i] = second;
      c[i] = _mm_xor_si128(_mm_srli_epi64(first, 32), _mm_xor_si128(d[i], keys[1]));
      d[i] = first;
    }
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  const Pair lower = all(0xFFFFFFFF);
  const auto numbers = [&](Pair low, Pair high) {
    return _mm_or_si128(_mm_and_si128(low, lower), _mm_slli_epi64(high, 32));
  };
  for (std::size_t i = 0; i < 2; ++i) {
    const Pair first = numbers(a[i], b[i]);
    const Pair second = numbers(c[i], d[i]);
    auto* const to = reinterpret_cast<__m128i*>(out.data() + 4 * i);
    _mm_storeu_si128(to, _mm_unpacklo_epi64(first, second));
    _mm_storeu_si128(to + 1, _mm_unpackhi_epi64(first, second));
  }
}

#else

void four_blocks(std::array<std::uint32_t, 4> counter, const std::array<std::uint32_t, 2>& key,
                 Words& out) {
  for (std::size_t i = 0; i < 4; ++i) {
    const auto block = philox(counter, key);
    out[2 * i] = std::uint64_t{block[1]} << 32 | block[0];
    out[2 * i + 1] = std::uint64_t{block[3]} << 32 | block[2];
    ++counter[0];
  }
}

#endif

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = std::uint64_t{kMultiplier0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kMultiplier1} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

Draws::Draws(std::uint64_t seed, std::uint16_t island, std::uint32_t generation, std::uint32_t slot,
             Purpose purpose)
    : counter_{0, slot, generation,
               std::uint32_t{island} << 16 | static_cast<std::uint32_t>(purpose)},
      key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)} {}

void Draws::refill() {
  four_blocks(counter_, key_, words_);
  counter_[0] += 4;
  next_ = 0;
}

std::uint64_t Draws::below_rarely(unsigned __int128 product, std::uint64_t bound) {
  check(bound > 0, "below() needs a positive bound");
  const std::uint64_t threshold = (-bound) % bound;
  while (static_cast<std::uint64_t>(product) < threshold)
    product = static_cast<unsigned __int128>(bits()) * bound;
  return static_cast<std::uint64_t>(product >> 64);
}

std::uint32_t Draws::half_below_rarely(std::uint64_t product, std::uint32_t bound) {
  check(bound > 0, "half_below() needs a positive bound");
  const std::uint32_t threshold = (-bound) % bound;
  while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{half()} * bound;
  return static_cast<std::uint32_t>(product >> 32);
}

double Draws::normal() {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += unit();
  return sum - 6.0;
}

}  // namespace mendel
