// Axis: one gene as the operators see it, prepared so that an operation costs a few nanoseconds.
// Operators work in the axis' own space: the value, or its logarithm for a logarithmic gene.
// Threads: immutable.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "shared/base/elementary.hpp"
#include "shared/base/rng.hpp"
#include "shared/strategy/genes.hpp"

namespace mendel::genetics {

class Axis {
 public:
  explicit Axis(const strategy::Gene& gene);

  // A choice: its values have no order.
  bool unordered() const { return unordered_; }
  double width() const { return to_ - from_; }
  std::uint64_t levels() const { return levels_; }  // 0 = continuous
  double level(std::uint64_t index) const;          // requires index < levels()
  std::uint64_t level_of(double value) const;       // requires levels() > 0

  double inside(double value) const { return logarithmic_ ? log_exact(value) : value; }
  // The allowed value nearest to a point of the axis' space.
  double outside(double point) const { return snap(logarithmic_ ? exp_exact(point) : point); }
  // Gene::snap, bit for bit.
  double snap(double raw) const {
    if (!(raw > least_)) return least_ + 0.0;
    if (step_ <= 0) return std::min(raw, most_) + 0.0;
    return snap_to_grid(raw);
  }
  // Uniform over the axis' space; every value of a linear grid is equally likely.
  double random(Draws& draws) const;
  // The next allowed value above or below; below or above where there is none.
  double neighbour(double value, bool above) const;

 private:
  double snap_to_grid(double raw) const;

  bool unordered_;
  bool logarithmic_;
  double least_;
  double most_;
  double step_;
  double from_;  // the ends, in the axis' space
  double to_;
  std::uint64_t levels_;
  strategy::Grid grid_;
};

std::vector<Axis> axes_of(const std::vector<strategy::Gene>& genes);

}  // namespace mendel::genetics
