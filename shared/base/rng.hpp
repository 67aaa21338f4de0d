// Counter-based randomness: a draw is a pure function of what it is for, so any evaluator order,
// restart or re-dispatch sees the same numbers. Philox4x32-10 of Salmon, Moraes, Dror, Shaw:
// "Parallel random numbers: as easy as 1, 2, 3" (SC11).
// Threads: pure functions and plain values.
#pragma once

#include <array>
#include <cstdint>

namespace mendel {

// What a draw is for: part of its key, so that adding draws to one purpose never shifts another.
// Values are frozen: changing one changes every run.
enum class Purpose : std::uint16_t {
  initial_genome = 1,
  select_parents = 2,
  crossover = 3,
  mutation = 4,
  migration = 5,
  sample = 6,
  repair = 7,
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

  std::uint64_t bits();  // 64 uniform bits
  double unit();         // uniform in [0, 1), a multiple of 2^-53
  // Uniform in [0, bound), unbiased (Lemire's multiplication with rejection); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // Standard normal by the sum of 12 uniforms minus 6 (Irwin-Hall): only + and -, so bit-identical
  // everywhere; its tails end at +-6, which a mutation step does not miss.
  double normal();

 private:
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> block_{};
  bool half_used_ = false;  // the upper two words of block_ are still to be handed out
};

}  // namespace mendel
