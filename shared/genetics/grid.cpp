#include "shared/genetics/grid.hpp"

#include "shared/base/check.hpp"

namespace mendel::genetics {

Grid::Grid(const strategy::Experiment& experiment)
    : experiment_(experiment), axes_(axes_of(experiment.genes)), at_(axes_.size(), 0) {
  for (const Axis& axis : axes_) check(axis.levels() > 0, "a grid needs genes with levels");
}

void Grid::go_behind(const strategy::Genome& genome) {
  check(genome.size() == axes_.size(), "a genome has one value per gene");
  for (std::size_t i = 0; i < axes_.size(); ++i) at_[i] = axes_[i].level_of(genome[i]);
  step();
}

void Grid::step() {
  for (std::size_t i = axes_.size(); i-- > 0;) {
    if (++at_[i] < axes_[i].levels()) return;
    at_[i] = 0;
  }
  through_ = true;
}

std::optional<strategy::Genome> Grid::next() {
  strategy::Genome genome(axes_.size());
  while (!through_) {
    for (std::size_t i = 0; i < axes_.size(); ++i) genome[i] = axes_[i].level(at_[i]);
    step();
    if (strategy::satisfies_constraints(experiment_, genome)) return genome;
  }
  return std::nullopt;
}

}  // namespace mendel::genetics
