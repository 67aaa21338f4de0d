#include "shared/statistics/sharpe.hpp"

#include <algorithm>
#include <cmath>

#include "shared/base/check.hpp"
#include "shared/statistics/normal.hpp"

namespace mendel::statistics {
namespace {

constexpr double kEulerGamma = 0.57721566490153286061;
constexpr double kE = 2.71828182845904523536;

// Variance of the estimated ratio, times (count - 1).
double estimate_variance(const ReturnMoments& m) {
  return 1.0 - m.skewness * m.sharpe + (m.kurtosis - 1.0) / 4.0 * m.sharpe * m.sharpe;
}

}  // namespace

std::optional<ReturnMoments> moments_of(std::span<const double> returns) {
  if (returns.size() < 2) return std::nullopt;
  const auto [least, most] = std::minmax_element(returns.begin(), returns.end());
  if (*least == *most) return std::nullopt;
  const auto count = static_cast<double>(returns.size());
  double sum = 0;
  for (double r : returns) sum += r;
  const double mean = sum / count;
  double squares = 0;
  double cubes = 0;
  double fourths = 0;
  for (double r : returns) {
    const double d = r - mean;
    squares += d * d;
    cubes += d * d * d;
    fourths += d * d * d * d;
  }
  const double variance = squares / count;
  ReturnMoments moments;
  moments.count = static_cast<std::int64_t>(returns.size());
  moments.sharpe = mean / std::sqrt(squares / (count - 1.0));
  moments.skewness = cubes / count / (variance * std::sqrt(variance));
  moments.kurtosis = fourths / count / (variance * variance);
  return moments;
}

double probabilistic_sharpe(const ReturnMoments& moments, double benchmark) {
  const double root = std::sqrt(static_cast<double>(moments.count - 1));
  const double spread = std::sqrt(estimate_variance(moments));
  return normal_cdf((moments.sharpe - benchmark) * root / spread);
}

double expected_maximum_sharpe(std::int64_t trials, double sharpe_variance) {
  check(trials >= 1 && sharpe_variance >= 0, "an expected maximum needs trials and a variance");
  if (trials == 1) return 0;
  const auto n = static_cast<double>(trials);
  // normal_quantile(1 - q) = -normal_quantile(q) keeps digits that 1 - q would lose.
  return std::sqrt(sharpe_variance) * (-(1.0 - kEulerGamma) * normal_quantile(1.0 / n) -
                                       kEulerGamma * normal_quantile(1.0 / (n * kE)));
}

double deflated_sharpe(const ReturnMoments& moments, std::int64_t trials, double sharpe_variance) {
  return probabilistic_sharpe(moments, expected_maximum_sharpe(trials, sharpe_variance));
}

std::optional<double> minimum_track_record(const ReturnMoments& moments, double benchmark,
                                           double confidence) {
  if (!(moments.sharpe > benchmark)) return std::nullopt;
  const double z = normal_quantile(confidence) / (moments.sharpe - benchmark);
  return 1.0 + estimate_variance(moments) * z * z;
}

}  // namespace mendel::statistics
