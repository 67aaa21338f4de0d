// Touches: which bar reaches a position's levels first, and its fill there. Whatever enters at the
// open of one bar on one side has the same fill, so the same levels: strategies whose rules have
// equal levels share what was found.
// Threads: belong to one thread; the functions are pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "shared/backtest/levels.hpp"
#include "shared/backtest/simulation.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/words.hpp"

namespace mendel::kernel {

// The first bar of [begin, end) that reaches a level; end when there is none. A trailing stop has
// followed the bars before.
std::size_t first_touch(const Tables& tables, backtest::Side side, backtest::Levels& levels,
                        std::size_t begin, std::size_t end);
// The fill on a bar that reaches a level, slippage included.
double fill_at_touch(const Tables& tables, backtest::Side side, const backtest::Levels& levels,
                     std::size_t bar, double slippage);

class Touches {
 public:
  using Side = backtest::Side;

  // All must outlive the touches. `atr`: of every bar where the rules ask for it, else null.
  Touches(const Tables& tables, const backtest::Rules& rules, const double* atr)
      : tables_(tables), rules_(rules), atr_(atr) {}

  struct Touch {
    std::uint32_t bar = 0;  // the block's end where none before it reaches a level
    double fill = 0;
  };
  // Of a position entered at the open of `bar` at `entry`, within the bar's block. The entries of
  // one block are asked for before those of the next.
  const Touch& of(Side side, std::size_t bar, double entry) {
    if (bar / kBlockBars != block_) begin(bar / kBlockBars);
    Entries& entries = entries_[side == Side::long_side ? 0 : 1];
    const Touch& touch = entries.touches[bar % kBlockBars];
    if (touch.bar == 0) find(side, bar, entry);
    return touch;
  }
  // The levels of one that reached none, behind its block.
  const backtest::Levels& behind(Side side, std::size_t bar) const {
    return entries_[side == Side::long_side ? 0 : 1].levels[bar % kBlockBars];
  }

 private:
  // By the bar of the entry within the block.
  struct Entries {
    std::vector<Touch> touches = std::vector<Touch>(kBlockBars);
    std::vector<backtest::Levels> levels = std::vector<backtest::Levels>(kBlockBars);
  };

  void begin(std::size_t block);
  void find(Side side, std::size_t bar, double entry);

  const Tables& tables_;
  const backtest::Rules& rules_;
  const double* atr_;
  std::size_t block_ = 0;
  std::array<Entries, 2> entries_;
};

}  // namespace mendel::kernel
