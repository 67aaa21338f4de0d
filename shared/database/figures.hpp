// Figures: what a pool says about itself once a second, by name, for the `stat.` tap and `mendel
// status`. Names that begin with neon_ are shown to Prometheus as they are, others with mendel_.
// Threads: a pure function.
#pragma once

#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/database/pool.hpp"

namespace mendel::database {

struct Figure {
  std::string name;
  std::string labels;  // `le="0.5"` or ""
  double value = 0;
};

std::vector<Figure> figures(const PoolGauges& gauges, Now now);

}  // namespace mendel::database
