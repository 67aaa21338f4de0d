// Is a Sharpe ratio more than luck? Probabilistic and deflated Sharpe ratio and the minimum track
// record. All ratios are per period (per day), not annualised, with ddof 1.
// Source: Bailey and Lopez de Prado, "The Sharpe Ratio Efficient Frontier" (2012) and "The Deflated
// Sharpe Ratio" (2014).
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace mendel::statistics {

// What the tests need of a series of returns. Skewness and kurtosis are population moments (ddof
// 0), kurtosis raw (3 for the normal distribution).
struct ReturnMoments {
  std::int64_t count = 0;
  double sharpe = 0;
  double skewness = 0;
  double kurtosis = 0;
};

// nullopt for fewer than two returns or when all are equal.
std::optional<ReturnMoments> moments_of(std::span<const double> returns);

// Probability that the true ratio exceeds `benchmark`.
double probabilistic_sharpe(const ReturnMoments& moments, double benchmark);

// The ratio that the best of `trials` worthless strategies is expected to show, when the ratios of
// the trials have this variance. One trial expects 0. Requires trials >= 1.
double expected_maximum_sharpe(std::int64_t trials, double sharpe_variance);

// probabilistic_sharpe against that expected maximum.
double deflated_sharpe(const ReturnMoments& moments, std::int64_t trials, double sharpe_variance);

// Periods needed before the ratio exceeds `benchmark` with this confidence; nullopt when it does
// not exceed it at all.
std::optional<double> minimum_track_record(const ReturnMoments& moments, double benchmark,
                                           double confidence);

}  // namespace mendel::statistics
