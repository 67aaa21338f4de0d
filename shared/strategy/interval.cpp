#include "shared/strategy/interval.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace mendel::strategy {
namespace {

// Beyond 2^53 neighbouring doubles are more than 1 apart: "whole" would mean nothing.
constexpr double kWholeMax = 9007199254740992.0;

Interval checked(double least, double most, bool whole) {
  if (!std::isfinite(least) || !std::isfinite(most)) return {};
  const bool exact = std::max(std::fabs(least), std::fabs(most)) <= kWholeMax;
  return {least, most, whole && exact, true};
}

Interval hull(std::initializer_list<double> ends, bool whole) {
  return checked(std::min(ends), std::max(ends), whole);
}

}  // namespace

bool is_whole(double value) { return std::fabs(value) <= kWholeMax && value == std::floor(value); }

Interval Interval::of(double value) { return checked(value, value, is_whole(value)); }

Interval operator-(const Interval& a) {
  return a.defined ? checked(-a.most, -a.least, a.whole) : Interval{};
}

Interval operator+(const Interval& a, const Interval& b) {
  if (!a.defined || !b.defined) return {};
  return checked(a.least + b.least, a.most + b.most, a.whole && b.whole);
}

Interval operator-(const Interval& a, const Interval& b) {
  if (!a.defined || !b.defined) return {};
  return checked(a.least - b.most, a.most - b.least, a.whole && b.whole);
}

Interval operator*(const Interval& a, const Interval& b) {
  if (!a.defined || !b.defined) return {};
  return hull({a.least * b.least, a.least * b.most, a.most * b.least, a.most * b.most},
              a.whole && b.whole);
}

Interval operator/(const Interval& a, const Interval& b) {
  if (!a.defined || !b.defined || (b.least <= 0 && b.most >= 0)) return {};
  const Interval quotient =
      hull({a.least / b.least, a.least / b.most, a.most / b.least, a.most / b.most}, false);
  // Only when there is a single value is it known to be whole.
  return quotient.point() ? Interval::of(quotient.least) : quotient;
}

Interval min_of(const Interval& a, const Interval& b) {
  if (!a.defined || !b.defined) return {};
  return checked(std::min(a.least, b.least), std::min(a.most, b.most), a.whole && b.whole);
}

Interval max_of(const Interval& a, const Interval& b) {
  if (!a.defined || !b.defined) return {};
  return checked(std::max(a.least, b.least), std::max(a.most, b.most), a.whole && b.whole);
}

Interval abs_of(const Interval& a) { return a.defined ? max_of(a, -a) : Interval{}; }

}  // namespace mendel::strategy
