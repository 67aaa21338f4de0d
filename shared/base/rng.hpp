// Counter-based randomness: a draw is a pure function of what it is for, so any evaluator order,
// restart or re-dispatch sees the same numbers. Philox4x32-10 of Salmon, Moraes, Dror, Shaw:
// "Parallel random numbers: as easy as 1, 2, 3" (SC11).
// Threads: pure functions and plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mendel {

// What a draw is for: part of its key, so that adding draws to one purpose never shifts another.
// Values are frozen: changing one changes every run.
enum class Purpose : std::uint16_t {
  initial_genome = 1,
  sample = 6,
  repair = 7,
  child = 8,    // its parents, crossover and mutation
  shuffle = 9,  // the blocks of a null dataset
};

// Philox4x32-10: the four output words for one counter and key.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key);

// The stream of draws for (seed, island, generation, slot, purpose): draw d is philox at counter
// {d, slot, generation, island << 16 | purpose} under key = seed. Never keyed by a run.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint16_t island, std::uint32_t generation, std::uint32_t slot,
        Purpose purpose);

  // 64 uniform bits.
  std::uint64_t bits() {
    if (next_ == words_.size()) refill();
    return words_[next_++];
  }
  // 32 uniform bits: the two halves of bits(), the lower one first, whatever is drawn in between.
  std::uint32_t half() {
    if (half_left_) {
      half_left_ = false;
      return static_cast<std::uint32_t>(pair_ >> 32);
    }
    pair_ = bits();
    half_left_ = true;
    return static_cast<std::uint32_t>(pair_);
  }
  // Uniform in [0, 1), a multiple of 2^-53.
  double unit() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  // Uniform in [0, bound), unbiased (Lemire's multiplication with rejection); bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    const unsigned __int128 product = static_cast<unsigned __int128>(bits()) * bound;
    if (static_cast<std::uint64_t>(product) >= bound)
      return static_cast<std::uint64_t>(product >> 64);
    return below_rarely(product, bound);
  }
  // The same from half(), for bounds of 32 bits.
  std::uint32_t half_below(std::uint32_t bound) {
    const std::uint64_t product = std::uint64_t{half()} * bound;
    if (static_cast<std::uint32_t>(product) >= bound)
      return static_cast<std::uint32_t>(product >> 32);
    return half_below_rarely(product, bound);
  }
  // Standard normal by the sum of 12 uniforms minus 6 (Irwin-Hall): only + and -, so bit-identical
  // everywhere; its tails end at +-6, which a mutation step does not miss.
  double normal();

 private:
  void refill();
  std::uint64_t below_rarely(unsigned __int128 product, std::uint64_t bound);
  std::uint32_t half_below_rarely(std::uint64_t product, std::uint32_t bound);

  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 2> key_;
  // Four blocks at a time: their rounds do not wait for one another. Each is two draws.
  std::array<std::uint64_t, 8> words_;
  std::size_t next_ = 8;
  std::uint64_t pair_ = 0;
  bool half_left_ = false;
};

}  // namespace mendel
