// Lanes: the loops over whole columns that are worth the processor's wide registers. Every variant
// does the same + - * / on every element in the same order, or what is proved to give the same
// number (the means' division), so all give the same bits.
// Threads: pure functions; the choice is made once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mendel::kernel {

// Recurrences that run side by side.
inline constexpr std::size_t kLanes = 8;

enum class Comparison : std::uint8_t { less, less_equal, greater, greater_equal, equal, not_equal };

enum class Combination : std::uint8_t { both, either };

// Of a condition, a bit a bar: true, false; undefined is neither.
struct TruthWords {
  const std::uint64_t* yes = nullptr;
  const std::uint64_t* no = nullptr;
};

// Means of whole ticks over `period` bars, from running sums, which are exact; undefined before
// there are enough bars.
struct TickMeans {
  const double* sums = nullptr;  // sums[i]: of the ticks before bar i of the series
  std::size_t period = 1;
  double divisor = 1;
};

// kLanes recurrences over one column. States go in and come back; what a lane makes of every value
// is written to its own out if that is not null, and rounded to its place in `narrow` if that is
// not null, as it is where there is no rounding.
struct RecurrenceLanes {
  std::array<double, kLanes> weights{};  // or periods
  std::array<double, kLanes> states{};   // averages; of gains
  std::array<double, kLanes> losses{};   // averages of these
  std::array<double*, kLanes> outs{};
  std::array<float*, kLanes> narrow{};
};

// A column from its first wanted bar on, or one value for all bars.
struct Operand {
  const double* values = nullptr;
  double constant = 0;            // where there are neither values nor means, nor `narrow`
  const float* narrow = nullptr;  // the values rounded; null = there are none
  TickMeans means;  // if it has sums: the values, from `bar` on; `narrow` is there too
  std::size_t bar = 0;
};

// Sums of r, r^2, r^3, r^4, min(0, r)^2 and (r < 0) over returns r.
inline constexpr std::size_t kPowers = 6;
using Powers = std::array<double, kPowers>;
// The same in parts: return i goes to part i % 4.
using PowerLanes = std::array<std::array<double, 4>, kPowers>;

// A position of one block that nothing but signals opens and closes; bit 0 of word 0 is its first
// bar.
struct Latch {
  const std::uint64_t* entry = nullptr;
  const std::uint64_t* exit = nullptr;
  std::size_t from = 0;  // the first bar whose entry counts; 0 if held
  std::size_t to = 0;    // behind the last bar that signals
  bool held = false;     // at the start; afterwards: at the end
};

// The same on both sides: what enters one leaves the other.
struct SideLatches {
  const std::uint64_t* entry_long = nullptr;
  const std::uint64_t* exit_long = nullptr;
  const std::uint64_t* entry_short = nullptr;
  const std::uint64_t* exit_short = nullptr;
  std::size_t from = 0;
  std::size_t to = 0;
  bool holds_long = false;
  bool holds_short = false;
};

struct LedgerBlock;  // ledger.hpp
struct Ledger;
struct Moves;
struct HeldStretch;

struct Lanes {
  std::string_view name;  // "avx2" | "baseline"

  // bits[w] gets the bars at which a compares with b so; NaN compares with nothing (also under
  // not_equal). Bits behind `count` are 0. False where an operand is rounded only and that cannot
  // tell: then `bits` means nothing.
  bool (*compare)(Comparison, const Operand& a, const Operand& b, std::size_t count,
                  std::uint64_t* bits);

  // compare(greater), and the bars at which they are equal: b > a follows from both.
  bool (*greater)(const Operand& a, const Operand& b, std::size_t count, std::uint64_t* bits,
                  std::uint64_t* ties);

  // Words of `a and b` or `a or b`, of which none is another. A null `yes` or `no` is left out, and
  // what it would be made of is not read.
  void (*combine)(Combination, const TruthWords& a, const TruthWords& b, std::size_t words,
                  std::uint64_t* yes, std::uint64_t* no);

  // Rounds a column for Operand::narrow; null where that would not make comparisons faster.
  void (*narrow)(const double* values, std::size_t count, float* out);

  // Of bars [bar, bar + count), all defined.
  void (*tick_means)(const TickMeans& means, std::size_t bar, std::size_t count, double* out);
  // The same, rounded; null where `narrow` is.
  void (*narrow_means)(const TickMeans& means, std::size_t bar, std::size_t count, float* out);

  // Exponential averages of x[0, count): state += (x - state) * weight.
  void (*exponential)(const double* x, std::size_t count, RecurrenceLanes& of);
  // strategy::RelativeStrength of x[0, count); x[-1] is read too.
  void (*strength)(const double* x, std::size_t count, RecurrenceLanes& of);

  // Adds the powers of returns after / before - 1, or 0 where `before` is not positive. True when
  // some return is not 0.
  bool (*add_powers)(const double* before, const double* after, std::size_t count,
                     PowerLanes& powers);

  // The bars at whose close a signal changes the position, ascending; `bars` has room for eight
  // more than there are. Returns their number.
  std::size_t (*follow)(Latch& latch, std::uint32_t* bars);

  // The same of both sides. longs and shorts get the words of what is held behind each bar.
  std::size_t (*follow_sides)(SideLatches& latches, std::uint32_t* bars, std::uint64_t* longs,
                              std::uint64_t* shorts);

  // Trade the stretches of a block, as Trading says: one held stretch for each, and the moves of
  // all. True when some position may have been near to ruin.
  bool (*trade_compounding)(const LedgerBlock& block, Ledger& state, Moves& moves,
                            HeldStretch* held);
  bool (*trade_shares)(const LedgerBlock& block, Ledger& state, Moves& moves, HeldStretch* held);
};

// The widest that this processor can run, or the one that MENDEL_LANES names: "baseline" | "avx2".
const Lanes& lanes();
const Lanes& baseline_lanes();
const Lanes* avx2_lanes();  // null where the processor or the build has none

}  // namespace mendel::kernel
