#include "shared/base/rng.hpp"

#include "shared/base/check.hpp"

namespace mendel {
namespace {

// Multipliers and Weyl increments of the paper's Philox4x32.
constexpr std::uint32_t kMultiplier0 = 0xD2511F53;
constexpr std::uint32_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

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

std::uint64_t Draws::bits() {
  if (half_used_) {
    half_used_ = false;
    return std::uint64_t{block_[3]} << 32 | block_[2];
  }
  block_ = philox(counter_, key_);
  ++counter_[0];
  half_used_ = true;
  return std::uint64_t{block_[1]} << 32 | block_[0];
}

double Draws::unit() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

std::uint64_t Draws::below(std::uint64_t bound) {
  check(bound > 0, "below() needs a positive bound");
  for (;;) {
    const unsigned __int128 product = static_cast<unsigned __int128>(bits()) * bound;
    const auto low = static_cast<std::uint64_t>(product);
    if (low >= (-bound) % bound) return static_cast<std::uint64_t>(product >> 64);
  }
}

double Draws::normal() {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += unit();
  return sum - 6.0;
}

}  // namespace mendel
