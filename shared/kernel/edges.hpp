// Edges: where a strategy's positions begin and end, and at which prices. With all of the equity in
// every trade that follows from signals and prices alone, so money can be counted afterwards, over
// whole arrays (tally.hpp).
// Threads: plain values; the tables are shared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "shared/backtest/levels.hpp"
#include "shared/backtest/simulation.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/words.hpp"

namespace mendel::kernel {

// Whether these rules trade so: long only, all of the equity in every trade, market orders at the
// next open, fixed stops and targets, and costs per fill only.
bool trades_by(const backtest::Rules& rules);

// Signal words of one block; bit 0 of word 0 is the block's first bar.
struct BlockSignals {
  const std::uint64_t* entry = nullptr;
  const std::uint64_t* exit = nullptr;  // null = never
};

// A position as far as it lies in one block: open at the closes of bars [begin, end), which may be
// none when it closes on the bar where it opens.
struct Stretch {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool opens = false;     // here, at `entry`
  bool closes = false;    // here, at `exit`
  bool at_close = false;  // it closes at the very close of bar `end`
  double entry = 0;       // slippage included
  double exit = 0;
};

// Of one block; every second bar can open one, and one may come from the block before.
struct Stretches {
  std::array<Stretch, kBlockBars + 2> all;
  std::size_t count = 0;
};

class Edges {
 public:
  // Requires trades_by(rules). Both must outlive the edges.
  Edges(const Tables& tables, const backtest::Rules& rules);

  // The stretches of one block; blocks come in their order, from the window's first on.
  void follow(const BlockSignals& signals, std::size_t block, Stretches& out);

 private:
  bool flat() const { return entry_ == 0; }
  void open(Stretches& out);
  void close(double price, std::size_t bar, Stretches& out);
  void follow_flat(const BlockSignals& signals, std::size_t block_begin, std::size_t end);
  void follow_held(const BlockSignals& signals, std::size_t block_begin, std::size_t end,
                   Stretches& out);
  bool touch(std::size_t end, Stretches& out);

  const Tables* tables_;
  const backtest::Rules* rules_;
  double entry_ = 0;  // fill of the open position, 0 = flat
  backtest::Levels levels_;
  std::size_t bar_;           // the next to follow
  std::size_t entries_from_;  // the first close whose entry signals count
  std::size_t last_bar_ = 0;  // the close that ends a maximum holding
  bool has_levels_;
  bool enters_ = false;  // ordered for the next open
  bool exits_ = false;
};

}  // namespace mendel::kernel
