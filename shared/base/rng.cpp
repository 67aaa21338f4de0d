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

// Word w of the outputs for the counters {c, …}, {c + 1, …}, {c + 2, …}, {c + 3, …}.
using FourBlocks = std::array<std::array<std::uint32_t, 4>, 4>;

#if defined(__SSE2__)

struct Product {
  __m128i high;
  __m128i low;
};

// Four times 32 x 32 -> 64 bits.
Product multiply(__m128i words, std::uint32_t by) {
  const __m128i factor = _mm_set1_epi32(static_cast<int>(by));
  const __m128i even = _mm_mul_epu32(words, factor);
  const __m128i odd = _mm_mul_epu32(_mm_srli_epi64(words, 32), factor);
  const __m128i lower = _mm_set1_epi64x(0xFFFFFFFF);
  return {_mm_or_si128(_mm_srli_epi64(even, 32), _mm_andnot_si128(lower, odd)),
          _mm_or_si128(_mm_and_si128(even, lower), _mm_slli_epi64(odd, 32))};
}

FourBlocks four_blocks(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  const auto all = [](std::uint32_t word) { return _mm_set1_epi32(static_cast<int>(word)); };
  __m128i a = _mm_add_epi32(all(counter[0]), _mm_setr_epi32(0, 1, 2, 3));
  __m128i b = all(counter[1]);
  __m128i c = all(counter[2]);
  __m128i d = all(counter[3]);
  for (int round = 0; round < kRounds; ++round) {
    const Product first = multiply(a, kMultiplier0);
    const Product second = multiply(c, kMultiplier1);
    a = _mm_xor_si128(_mm_xor_si128(second.high, b), all(key[0]));
    b = second.low;
    c = _mm_xor_si128(_mm_xor_si128(first.high, d), all(key[1]));
    d = first.low;
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  FourBlocks blocks;
  const auto store = [&](std::size_t word, __m128i values) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(blocks[word].data()), values);
  };
  store(0, a);
  store(1, b);
  store(2, c);
  store(3, d);
  return blocks;
}

#else

FourBlocks four_blocks(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  FourBlocks blocks;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto block = philox(counter, key);
    for (std::size_t w = 0; w < 4; ++w) blocks[w][i] = block[w];
    ++counter[0];
  }
  return blocks;
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
  const auto blocks = four_blocks(counter_, key_);
  counter_[0] += 4;
  for (std::size_t i = 0; i < 4; ++i) {
    words_[2 * i] = std::uint64_t{blocks[1][i]} << 32 | blocks[0][i];
    words_[2 * i + 1] = std::uint64_t{blocks[3][i]} << 32 | blocks[2][i];
  }
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
