// Grid: every genome that the genes and constraints allow, once, in counting order: the genes stand
// by name, the last one changes fastest.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "shared/genetics/axis.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::genetics {

class Grid {
 public:
  // Requires that every gene has levels. The experiment must outlive it.
  explicit Grid(const strategy::Experiment& experiment);

  // next() is what follows this genome of the grid.
  void go_behind(const strategy::Genome& genome);
  // nullopt after the last.
  std::optional<strategy::Genome> next();

 private:
  void step();

  const strategy::Experiment& experiment_;
  std::vector<Axis> axes_;
  std::vector<std::uint64_t> at_;  // the level of each gene in what comes next
  bool through_ = false;
};

}  // namespace mendel::genetics
