#include <bit>
#include <cmath>
#include <limits>

#include "shared/kernel/lanes.hpp"
#include "shared/kernel/ledger.hpp"
#include "shared/kernel/words.hpp"

#if defined(__AVX2__)
#include <immintrin.h>

namespace mendel::kernel {
namespace {

#include "shared/kernel/lanes.inl"
#include "shared/kernel/ledger.inl"

}  // namespace

const Lanes* avx2_lanes() {
  static constexpr Lanes kAvx2{"avx2",     compare,      greater,     combine,     narrow,
                               tick_means, narrow_means, exponential, strength,    add_powers,
                               follow,     follow_sides, trade<true>, trade<false>};
  const bool runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("fma") && __builtin_cpu_supports("popcnt");
  return runs ? &kAvx2 : nullptr;
}

}  // namespace mendel::kernel

#else

namespace mendel::kernel {

const Lanes* avx2_lanes() { return nullptr; }

}  // namespace mendel::kernel

#endif
