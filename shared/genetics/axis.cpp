#include "shared/genetics/axis.hpp"

#include "shared/base/check.hpp"

namespace mendel::genetics {

Axis::Axis(const strategy::Gene& gene)
    : unordered_(gene.type == strategy::Gene::Type::choice),
      logarithmic_(gene.logarithmic),
      least_(gene.least),
      most_(gene.most),
      step_(gene.step),
      from_(inside(gene.least)),
      to_(inside(gene.most)),
      levels_(gene.levels()) {
  if (step_ > 0) grid_ = strategy::Grid(least_, step_);
}

double Axis::snap_to_grid(double raw) const {
  const double last = static_cast<double>(levels_ - 1);
  if (raw >= most_) return grid_.value(last) + 0.0;
  // The ceiling of a number from -0.5 to 2^40, without a call.
  const double place = (raw - least_) / step_ - 0.5;
  auto whole = static_cast<double>(static_cast<std::int64_t>(place));
  if (place > whole) whole += 1;
  return grid_.value(std::min(whole, last)) + 0.0;
}

double Axis::level(std::uint64_t index) const {
  check(index < levels_, "a level is below levels()");
  return grid_.value(static_cast<double>(index)) + 0.0;
}

std::uint64_t Axis::level_of(double value) const {
  check(levels_ > 0, "a continuous gene has no levels");
  const double place = (value - least_) / step_ + 0.5;
  return place <= 0 ? 0 : std::min(static_cast<std::uint64_t>(place), levels_ - 1);
}

double Axis::random(Draws& draws) const {
  if (levels_ == 0 || logarithmic_) return outside(from_ + draws.unit() * (to_ - from_));
  return level(draws.below(levels_));
}

double Axis::neighbour(double value, bool above) const {
  if (levels_ < 2) return value;
  const std::uint64_t here = level_of(value);
  const bool up = (above && here + 1 < levels_) || here == 0;
  return level(up ? here + 1 : here - 1);
}

std::vector<Axis> axes_of(const std::vector<strategy::Gene>& genes) {
  return std::vector<Axis>(genes.begin(), genes.end());
}

}  // namespace mendel::genetics
