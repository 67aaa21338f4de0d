// Operators: crossover and mutation of rows of gene values (docs/search.md has the formulas). They
// use + - * / sqrt and shared/base's elementary functions only, and allocate nothing.
// Threads: immutable; pure functions of rows and draws.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/base/rng.hpp"
#include "shared/genetics/axis.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::genetics {

// A Gaussian mutation's standard deviation, as a share of the axis.
inline constexpr double kMutationSpread = 0.1;
// A blend reaches this share of the parents' distance beyond each of them.
inline constexpr double kBlendReach = 0.25;

// x^(1 / (index + 1)). An index one below a power of two (1, 3, 7, 15, …) takes square roots only,
// which are exact and cheap.
class Root {
 public:
  explicit Root(double index);
  double operator()(double x) const;

 private:
  int halvings_ = -1;  // square roots in a row; -1 = by pow
  double exponent_;
};

// The spread factor of simulated binary crossover, (2u)^(1/(index+1)) below u = 0.5 and
// (2(1-u))^(-1/(index+1)) above: its tails by formula, between them straight lines through 256
// points of it.
class Spread {
 public:
  explicit Spread(double index);
  double operator()(double u) const {
    const double place = u * kCells;
    const auto cell = static_cast<std::size_t>(place);
    if (cell == 0 || cell >= kCells - 1) return exact(u);
    return points_[cell] +
           (points_[cell + 1] - points_[cell]) * (place - static_cast<double>(cell));
  }

 private:
  static constexpr std::size_t kCells = 256;
  double exact(double u) const;

  Root root_;
  std::array<double, kCells> points_;
};

// Which genes mutate: each with the same probability, found by skipping those that do not.
class Skips {
 public:
  Skips(double rate, std::size_t genes);
  std::size_t next(Draws& draws) const;  // genes passed over, at most `genes`

 private:
  std::vector<double> passed_;  // entry k: the probability that k + 1 genes in a row do not mutate
};

class Operators {
 public:
  explicit Operators(const strategy::Experiment& experiment);

  std::size_t genes() const { return axes_.size(); }
  const std::vector<Axis>& axes() const { return axes_; }

  // A child of two rows. A choice is always one parent's.
  void cross(const double* first, const double* second, double* child, Draws& draws) const;
  // The genes that `skips` finds. A gene on a grid that mutates moves at least one step.
  void mutate(double* row, const Skips& skips, Draws& draws) const;
  void mutate_one(double* row, Draws& draws) const;
  void random(double* row, Draws& draws) const;

 private:
  double mixed(const Axis& axis, double first, double second, double sign, Draws& draws) const;
  double mutated(const Axis& axis, double value, Draws& draws) const;
  double step(Draws& draws) const;

  std::vector<Axis> axes_;
  std::vector<std::uint64_t> ordered_;  // one bit per gene that has values between its parents'
  strategy::Crossover crossover_;
  strategy::Mutation mutation_;
  Spread spread_;
  Root mutation_root_;
};

}  // namespace mendel::genetics
