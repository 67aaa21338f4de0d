#include "shared/kernel/lanes.hpp"

#include <cstdlib>

namespace mendel::kernel {
namespace {

const Lanes& choose() {
  const char* wanted = std::getenv("MENDEL_LANES");
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr || (wanted != nullptr && std::string_view(wanted) == "baseline")) {
    return baseline_lanes();
  }
  return *wide;
}

}  // namespace

const Lanes& lanes() {
  static const Lanes& kChosen = choose();
  return kChosen;
}

}  // namespace mendel::kernel
