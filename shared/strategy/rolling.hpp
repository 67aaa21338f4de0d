// Rolling: what the functions of the language compute their windows with. Sums of whole ticks are
// exact and their quotients correctly rounded, so that they do not depend on the size of the tick;
// without ticks a sum runs over its window, oldest first.
// Threads: pure functions.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "shared/strategy/functions.hpp"

namespace mendel::strategy {

// Squares of ticks: kPeriodMax squared times (2^42) squared stays below 2^119.
using Wide = __int128;

inline constexpr double kUndefinedNumber = std::numeric_limits<double>::quiet_NaN();

// The language knows no infinity: a result that is not finite is undefined.
inline double finite(double value) { return std::isfinite(value) ? value : kUndefinedNumber; }
inline bool defined(double value) { return !std::isnan(value); }

// The first bar at which a window of n bars is full.
inline std::size_t window_start(std::int64_t n) { return static_cast<std::size_t>(n) - 1; }

// The whole ticks of a column; empty when it has no common tick.
std::vector<std::int64_t> ticks_of(const Numbers& x, std::size_t size);

// a / b, correctly rounded. Requires b > 0, both below 2^122 in size.
double quotient(Wide a, Wide b);

// a - b of prices; exact before one rounding when scale (ticks per unit) is not 0.
double difference(double a, double b, double scale);

double mean_of_ticks(std::int64_t sum, std::int64_t n, double scale);

// Sum of x[first .. last], oldest first; undefined when one of them is.
double sum_of(const Numbers& x, std::size_t first, std::size_t last);
// Whether x[first .. last] are all defined and equal: then a deviation is exactly 0.
bool is_flat(const Numbers& x, std::size_t first, std::size_t last);

// Wilder's averages of gains and losses over n changes, and the index that they make. (J. Welles
// Wilder: New Concepts in Technical Trading Systems, 1978; seeded as TA-Lib does)
class RelativeStrength {
 public:
  explicit RelativeStrength(std::int64_t n) : n_(n) {}

  void add(double x) {
    const double change = x - std::exchange(last_, x);
    if (!defined(change)) return;  // there is none before
    const auto n = static_cast<double>(n_);
    const double up = change > 0 ? change : 0;
    const double down = change < 0 ? -change : 0;
    if (is_full()) {
      gain_ = (gain_ * (n - 1) + up) / n;
      loss_ = (loss_ * (n - 1) + down) / n;
      return;
    }
    gain_ += up;
    loss_ += down;
    if (++changes_ < n_) return;
    gain_ /= n;
    loss_ /= n;
  }

  bool is_full() const { return changes_ == n_; }
  double gain() const { return gain_; }
  double loss() const { return loss_; }
  double index() const { return gain_ + loss_ == 0 ? 0 : finite(100 * (gain_ / (gain_ + loss_))); }

 private:
  std::int64_t n_;
  std::int64_t changes_ = 0;
  double last_ = kUndefinedNumber;
  double gain_ = 0;
  double loss_ = 0;
};

// Sum and sum of squares of the ticks in a window.
class TickWindow {
 public:
  void add(std::int64_t tick) {
    sum_ += tick;
    squares_ += static_cast<Wide>(tick) * tick;
  }
  void remove(std::int64_t tick) {
    sum_ -= tick;
    squares_ -= static_cast<Wide>(tick) * tick;
  }
  std::int64_t sum() const { return sum_; }
  // n * sum of squares - square of the sum: n squared times the variance, in ticks squared.
  Wide spread(std::int64_t n) const { return n * squares_ - static_cast<Wide>(sum_) * sum_; }

 private:
  std::int64_t sum_ = 0;
  Wide squares_ = 0;
};

}  // namespace mendel::strategy
