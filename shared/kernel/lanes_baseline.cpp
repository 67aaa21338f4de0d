#include <bit>
#include <cmath>
#include <limits>

#include "shared/kernel/lanes.hpp"
#include "shared/kernel/ledger.hpp"
#include "shared/kernel/words.hpp"

namespace mendel::kernel {
namespace {

#include "shared/kernel/lanes.inl"
#include "shared/kernel/ledger.inl"

}  // namespace

const Lanes& baseline_lanes() {
  static constexpr Lanes kBaseline{"baseline", compare,      greater,     combine,     nullptr,
                                   tick_means, nullptr,      exponential, strength,    add_powers,
                                   follow,     follow_sides, trade<true>, trade<false>};
  return kBaseline;
}

}  // namespace mendel::kernel
