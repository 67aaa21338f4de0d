#include <bit>
#include <cmath>
#include <limits>

#include "shared/kernel/all_in.hpp"
#include "shared/kernel/lanes.hpp"
#include "shared/kernel/words.hpp"

namespace mendel::kernel {
namespace {

#include "shared/kernel/all_in.inl"
#include "shared/kernel/lanes.inl"

}  // namespace

const Lanes& baseline_lanes() {
  static constexpr Lanes kBaseline{"baseline", compare,     combine,    nullptr, tick_means,
                                   nullptr,    exponential, add_powers, follow,  trade_all_in};
  return kBaseline;
}

}  // namespace mendel::kernel
