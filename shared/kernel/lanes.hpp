// Lanes: the loops over whole columns that are worth the processor's wide registers. Every variant
// does the same + - * / on every element in the same order, so all give the same bits.
// Threads: pure functions; the choice is made once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mendel::kernel {

// Independent recursions that run side by side.
inline constexpr std::size_t kLanes = 8;

enum class Comparison : std::uint8_t { less, less_equal, greater, greater_equal, equal, not_equal };

// A column from its first wanted bar on, or one value for all bars.
struct Operand {
  const double* values = nullptr;  // null = the constant
  double constant = 0;
};

struct Lanes {
  std::string_view name;  // "avx2" | "baseline"

  // bits[w] gets the bars at which a compares with b so; NaN compares with nothing (also under
  // not_equal). Bits behind `count` are 0.
  void (*compare)(Comparison, Operand a, Operand b, std::size_t count, std::uint64_t* bits);

  // out[i] = (sums[i + period] - sums[i]) / divisor: a mean of whole ticks, whose sums are exact.
  void (*tick_means)(const double* sums, std::size_t period, double divisor, std::size_t count,
                     double* out);

  // kLanes exponential averages of x[0, count): state += (x - state) * weight, each written to its
  // own out. States go in and come back.
  void (*exponential)(const double* x, std::size_t count, const double* weights, double* states,
                      double* const* outs);
};

// The widest that this processor can run, or the one that MENDEL_LANES names: "baseline" | "avx2".
const Lanes& lanes();
const Lanes& baseline_lanes();
const Lanes* avx2_lanes();  // null where the processor or the build has none

}  // namespace mendel::kernel
