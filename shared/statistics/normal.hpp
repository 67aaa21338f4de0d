// The normal distribution, from + - * / sqrt and shared/base's elementary functions only.
// Threads: pure functions.
#pragma once

namespace mendel::statistics {

// P(Z <= x) of the standard normal, absolute error below 1e-14.
double normal_cdf(double x);

// The x with normal_cdf(x) = p; requires 0 < p < 1.
double normal_quantile(double p);

}  // namespace mendel::statistics
