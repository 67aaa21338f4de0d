#include "shared/strategy/rolling.hpp"

#include <bit>

namespace mendel::strategy {
namespace {

using Unsigned = unsigned __int128;

constexpr double kTicksMax = 4398046511104.0;  // 2^42: four prices of 2^40 (bar.hpp)
constexpr std::int64_t kExact = std::int64_t{1} << 53;
constexpr int kQuotientBits = 56;

int bits_of(Unsigned value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  const auto low = static_cast<std::uint64_t>(value);
  return high ? 64 + std::bit_width(high) : std::bit_width(low);
}

// Long division: enough leading bits of the quotient for one rounding, and whether more follow.
double long_quotient(Unsigned a, Unsigned b) {
  const int shift = bits_of(b) - bits_of(a);
  if (shift > 0) {
    a <<= shift;
  } else {
    b <<= -shift;
  }
  std::uint64_t digits = 0;
  for (int i = 0; i < kQuotientBits; ++i) {
    digits <<= 1;
    if (a >= b) {
      a -= b;
      digits |= 1;
    }
    a <<= 1;
  }
  if (a != 0) digits |= 1;
  return std::ldexp(static_cast<double>(digits), 1 - kQuotientBits - shift);
}

}  // namespace

std::vector<std::int64_t> ticks_of(const Numbers& x, std::size_t size) {
  if (x.constant || !(x.price_scale > 0)) return {};
  std::vector<std::int64_t> ticks(size);
  for (std::size_t i = 0; i < size; ++i) {
    // Anything else is no series with a tick.
    if (!(std::fabs(x[i] * x.price_scale) <= kTicksMax)) return {};
    ticks[i] = std::llround(x[i] * x.price_scale);
  }
  return ticks;
}

double quotient(Wide a, Wide b) {
  if (a > -kExact && a < kExact && b < kExact) {
    return static_cast<double>(static_cast<std::int64_t>(a)) /
           static_cast<double>(static_cast<std::int64_t>(b));
  }
  const double size =
      long_quotient(static_cast<Unsigned>(a < 0 ? -a : a), static_cast<Unsigned>(b));
  return a < 0 ? -size : size;
}

double difference(double a, double b, double scale) {
  if (!(scale > 0)) return finite(a - b);
  return static_cast<double>(std::llround(a * scale) - std::llround(b * scale)) / scale;
}

double mean_of_ticks(std::int64_t sum, std::int64_t n, double scale) {
  return static_cast<double>(sum) / (static_cast<double>(n) * scale);
}

double sum_of(const Numbers& x, std::size_t first, std::size_t last) {
  double sum = 0;
  for (std::size_t i = first; i <= last; ++i) sum += x[i];
  return sum;
}

bool is_flat(const Numbers& x, std::size_t first, std::size_t last) {
  for (std::size_t i = first; i <= last; ++i) {
    // Not equal to itself: undefined.
    if (!(x[i] == x[first])) return false;
  }
  return true;
}

}  // namespace mendel::strategy
