#include "shared/neon/sizing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "shared/base/check.hpp"

namespace mendel::neon {

Size size_for(double data_gb) {
  check(data_gb >= 0, "an amount of data is not negative");
  Size size;
  size.data_gb = data_gb;
  size.memory_gb = data_gb * 1.25 + 4;
  const double asked = std::ceil(size.memory_gb / kGbPerComputeUnit);
  size.compute_units = std::clamp(asked, kComputeUnitsLeast, kComputeUnitsMost);
  size.min_cu = kComputeUnitsLeast;
  size.is_capped = asked > kComputeUnitsMost;
  size.max_connections = connections_of(size.min_cu, size.compute_units);
  return size;
}

int connections_of(double min_cu, double max_cu) {
  const double by_size = std::floor(std::min(max_cu, 8 * min_cu) * 419.66);
  return static_cast<int>(std::clamp(by_size, 100.0, 4000.0));
}

std::string compute_units_text(double compute_units) { return fmt::format("{:g}", compute_units); }

}  // namespace mendel::neon
