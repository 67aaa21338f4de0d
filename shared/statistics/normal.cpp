#include "shared/statistics/normal.hpp"

#include "shared/base/check.hpp"
#include "shared/base/elementary.hpp"

namespace mendel::statistics {
namespace {

constexpr double kInverseRootTwoPi = 0.39894228040143267794;
// Beyond it the series loses digits to cancellation of nothing but time; the tail fraction is good.
constexpr double kSeriesEnd = 4.0;
constexpr double kTailEnd = 39.0;  // the density underflows there

double density(double x) { return kInverseRootTwoPi * exp_exact(-0.5 * x * x); }

// P(0 <= Z <= x) = density(x) (x + x^3/3 + x^5/(3 5) + …): Marsaglia, "Evaluating the Normal
// Distribution", Journal of Statistical Software 11(4), 2004. All terms are positive.
double centre(double x) {
  double term = x;
  double sum = x;
  for (int odd = 3; odd < 400 && term > sum * 1e-17; odd += 2) {
    term = term * x * x / odd;
    sum += term;
  }
  return density(x) * sum;
}

// P(Z > x) by Laplace's continued fraction density(x) / (x + 1/(x + 2/(x + …))), x >= kSeriesEnd.
double tail(double x) {
  if (x > kTailEnd) return 0;
  double fraction = x;
  for (int k = 120; k >= 1; --k) fraction = x + k / fraction;
  return density(x) / fraction;
}

}  // namespace

double normal_cdf(double x) {
  if (x < -kSeriesEnd) return tail(-x);
  if (x < 0) return 0.5 - centre(-x);
  if (x <= kSeriesEnd) return 0.5 + centre(x);
  return 1.0 - tail(x);
}

double normal_quantile(double p) {
  check(p > 0 && p < 1, "normal_quantile needs a probability within (0, 1)");
  double low = -kTailEnd;
  double high = kTailEnd;
  // Bisection down to neighbouring doubles: slow, and obviously right.
  for (int step = 0; step < 200; ++step) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace mendel::statistics
