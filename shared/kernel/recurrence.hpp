// Recurrence: an exponential average or a relative strength of a price column. Several go on side
// by side, a lane each. One that is kept rounded remembers its state at every block's begin, so
// that the values of a block can be computed where rounded ones cannot tell. Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "shared/kernel/graph.hpp"
#include "shared/kernel/lanes.hpp"

namespace mendel::kernel {

class Recurrence {
 public:
  // An ema or an rsi; of what is not asked.
  static bool is(const Node& node);

  // Of x, which must outlive this and has `scale` ticks a unit (0 = no tick). Requires is(node).
  Recurrence(const Node& node, std::span<const double> x, double scale);

  // The values behind this many bars follow from the state.
  std::size_t bars_to_begin() const { return static_cast<std::size_t>(period_) + 1; }
  // The first values, at least bars_to_begin(); the lane goes on behind them.
  void begin(std::span<double> out, std::size_t lane, RecurrenceLanes& of);
  // All lanes, which are of this kind and begun, over the bars [begin, end).
  void go_on(std::size_t begin, std::size_t end, RecurrenceLanes& of) const;

  // Remembers the lane's state at a block's begin; of the block in which it was begun, behind that.
  void remember(std::size_t block, std::size_t lane, const RecurrenceLanes& of);
  // Whether the values of a block were computed again.
  bool has_values(std::size_t block) const { return block < made_.size() && made_[block]; }
  // Computes them, in their place among all of the column.
  void make_values(std::size_t block, std::vector<double>& values);

 private:
  struct State {
    double value = 0;  // of an rsi: Wilder's average of gains
    double loss = 0;
  };

  const strategy::Function* function_;
  std::int64_t period_;
  std::span<const double> x_;
  double scale_;
  std::size_t begun_ = 0;      // so many values are the function's own
  std::vector<State> states_;  // by block
  std::vector<bool> made_;     // by block
};

}  // namespace mendel::kernel
