#include "shared/kernel/lanes.hpp"
#include "shared/kernel/words.hpp"

namespace mendel::kernel {
namespace {

#include "shared/kernel/lanes.inl"

}  // namespace

const Lanes& baseline_lanes() {
  static constexpr Lanes kBaseline{"baseline", compare, tick_means, exponential};
  return kBaseline;
}

}  // namespace mendel::kernel
