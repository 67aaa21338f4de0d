#include "shared/base/elementary.hpp"

#include <bit>
#include <cstdint>
#include <limits>

namespace mendel {
namespace {

// ln 2 split so that k * kLn2High is exact for |k| < 2^20.
constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
constexpr double kInverseLn2 = 0x1.71547652b82fep+0;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// 2^exponent for -1022 <= exponent <= 1023, exactly.
double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

}  // namespace

double log_exact(double x) {
  if (x != x || x < 0) return kNaN;
  if (x == 0) return -kInfinity;
  if (x == kInfinity) return x;
  int exponent = 0;
  if (x < 0x1p-1022) {  // subnormal: scale up exactly
    x *= 0x1p54;
    exponent = -54;
  }
  auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xFFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
  if (m > 0x1.6a09e667f3bcdp+0) {  // keep m within [sqrt(1/2), sqrt(2)]
    m *= 0.5;
    ++exponent;
  }
  // log m = 2 artanh s with s = (m - 1) / (m + 1): sum over s^(2k+1) / (2k+1), k = 0..11.
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double series = 1.0 / 23;
  for (int odd = 21; odd >= 3; odd -= 2) series = series * z + 1.0 / odd;
  const double tail = series * z * s * 2.0;
  const double e = static_cast<double>(exponent);
  return e * kLn2High + (2.0 * s + (tail + e * kLn2Low));
}

double exp_exact(double x) {
  if (x != x) return x;
  if (x > 709.782712893384) return kInfinity;
  if (x < -745.1332191019412) return 0.0;
  const double scaled = x * kInverseLn2;
  const int k = static_cast<int>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  const double r = (x - k * kLn2High) - k * kLn2Low;
  // Taylor series of e^r, |r| <= 0.35, to r^14 / 14!, in Horner's order.
  double sum = 1.0;
  for (int n = 14; n >= 1; --n) sum = 1.0 + sum * r / n;
  if (k >= -1022 && k <= 1023) return sum * power_of_two(k);
  if (k > 1023) return sum * 2.0 * power_of_two(k - 1);
  return sum * power_of_two(k + 54) * 0x1p-54;
}

double pow_exact(double x, double y) {
  if (y == 0) return 1.0;
  if (x == 0) return y > 0 ? 0.0 : kInfinity;
  return exp_exact(y * log_exact(x));
}

}  // namespace mendel
