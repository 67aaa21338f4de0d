#include "shared/genetics/operators.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace mendel::genetics {
namespace {

constexpr std::size_t kBits = 64;

}  // namespace

Root::Root(double index) : exponent_(1 / (index + 1)) {
  double power = 1;
  for (int halvings = 0; halvings <= 10; ++halvings, power *= 2)
    if (power == index + 1) halvings_ = halvings;
}

double Root::operator()(double x) const {
  if (halvings_ < 0) return pow_exact(x, exponent_);
  for (int i = 0; i < halvings_; ++i) x = std::sqrt(x);
  return x;
}

Spread::Spread(double index) : root_(index) {
  for (std::size_t i = 1; i < kCells; ++i)
    points_[i] = exact(static_cast<double>(i) / static_cast<double>(kCells));
  points_[0] = 0;
}

double Spread::exact(double u) const { return u < 0.5 ? root_(2 * u) : 1 / root_(2 * (1 - u)); }

Skips::Skips(double rate, std::size_t genes) {
  double passed = 1;
  for (std::size_t i = 0; i < genes; ++i) passed_.push_back(passed *= 1 - rate);
}

std::size_t Skips::next(Draws& draws) const {
  const double u = draws.unit();
  const auto end = std::partition_point(passed_.begin(), passed_.end(),
                                        [&](double passed) { return u < passed; });
  return static_cast<std::size_t>(end - passed_.begin());
}

Operators::Operators(const strategy::Experiment& experiment)
    : axes_(axes_of(experiment.genes)),
      ordered_((axes_.size() + kBits - 1) / kBits, 0),
      crossover_(experiment.search.crossover),
      mutation_(experiment.search.mutation),
      spread_(experiment.search.crossover_index),
      mutation_root_(experiment.search.mutation_index) {
  if (crossover_ == strategy::Crossover::uniform) return;
  for (std::size_t i = 0; i < axes_.size(); ++i)
    if (!axes_[i].unordered()) ordered_[i / kBits] |= std::uint64_t{1} << i % kBits;
}

// Simulated binary crossover (Deb and Agrawal 1995) or BLX (Eshelman and Schaffer 1993).
double Operators::mixed(const Axis& axis, double first, double second, double sign,
                        Draws& draws) const {
  if (first == second) return first;
  const double a = axis.inside(first);
  const double b = axis.inside(second);
  const double u = draws.half() * 0x1p-32;
  if (crossover_ == strategy::Crossover::blend)
    return axis.outside(a + (b - a) * (u * (1 + 2 * kBlendReach) - kBlendReach));
  return axis.outside(0.5 * (a + b) + sign * (0.5 * spread_(u) * (a - b)));
}

void Operators::cross(const double* first, const double* second, double* child,
                      Draws& draws) const {
  // Without branches on coin flips: every gene from either parent, and then those that are mixed.
  const double* const from[] = {first, second};
  constexpr double kSigns[] = {1, -1};
  for (std::size_t start = 0; start < axes_.size(); start += kBits) {
    const std::uint64_t swapped = draws.bits();
    std::uint64_t mix = draws.bits() & ordered_[start / kBits];
    const std::size_t end = std::min(axes_.size(), start + kBits);
    for (std::size_t i = start; i < end; ++i) child[i] = from[swapped >> (i - start) & 1][i];
    for (; mix != 0; mix &= mix - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(mix));
      const std::size_t i = start + bit;
      child[i] = mixed(axes_[i], first[i], second[i], kSigns[swapped >> bit & 1], draws);
    }
  }
}

// As a share of the axis: a Gaussian, or polynomial mutation (Deb and Goyal 1996).
double Operators::step(Draws& draws) const {
  if (mutation_ == strategy::Mutation::gaussian) return kMutationSpread * draws.normal();
  const double u = draws.unit();
  return u < 0.5 ? mutation_root_(2 * u) - 1 : 1 - mutation_root_(2 * (1 - u));
}

double Operators::mutated(const Axis& axis, double value, Draws& draws) const {
  if (axis.unordered() || mutation_ == strategy::Mutation::reset) return axis.random(draws);
  const double moved = step(draws);
  const double result = axis.outside(axis.inside(value) + moved * axis.width());
  return result == value ? axis.neighbour(value, moved > 0) : result;
}

void Operators::mutate(double* row, const Skips& skips, Draws& draws) const {
  for (std::size_t i = skips.next(draws); i < axes_.size(); i += 1 + skips.next(draws))
    row[i] = mutated(axes_[i], row[i], draws);
}

void Operators::mutate_one(double* row, Draws& draws) const {
  const auto gene = static_cast<std::size_t>(draws.below(axes_.size()));
  row[gene] = mutated(axes_[gene], row[gene], draws);
}

void Operators::random(double* row, Draws& draws) const {
  for (std::size_t i = 0; i < axes_.size(); ++i) row[i] = axes_[i].random(draws);
}

}  // namespace mendel::genetics
