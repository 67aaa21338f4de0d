// Edges: where a strategy's positions begin and end, and at which prices. That follows from signals
// and prices alone while every entry finds money, so money can be counted afterwards (tally.hpp).
// Threads: plain values; the tables are shared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "shared/backtest/levels.hpp"
#include "shared/backtest/simulation.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/touches.hpp"
#include "shared/kernel/words.hpp"

namespace mendel::kernel {

// How a strategy's money can be counted.
enum class Trading : std::uint8_t {
  plain,        // bar by bar: fills at the close, daily returns
  general,      // by edges: any size, level and cost, both sides
  shares,       // by edges: money or a share of the equity, nothing to pay for holding, both sides
  compounding,  // by edges, and days by sums: long only, with all of the equity in every trade
};
Trading trading_by(const backtest::Rules& rules, strategy::Direction direction);

// Signal words of one block; bit 0 of word 0 is the block's first bar.
struct BlockSignals {
  const std::uint64_t* entry_long = nullptr;  // these are never null
  const std::uint64_t* exit_long = nullptr;
  const std::uint64_t* entry_short = nullptr;
  const std::uint64_t* exit_short = nullptr;
};

// What they order for the next open. Entry and exit true on one bar: no entry. Both entries true:
// no entry.
struct BlockOrders {
  std::array<std::uint64_t, kBlockWords> enter_long, enter_short;
  std::array<std::uint64_t, kBlockWords> leave_long, leave_short;  // for nothing or the other side

  // Of the block's first `bars` bars.
  void read(const BlockSignals& signals, std::size_t bars);
};

// A position as far as it lies in one block: open at the closes of bars [begin, end), which may be
// none when it closes on the bar where it opens.
struct Stretch {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool opens = false;     // here, at `entry`
  bool closes = false;    // here, at `exit`
  bool at_close = false;  // it closes at the very close of bar `end`
  bool is_short = false;
  double entry = 0;  // slippage included
  double exit = 0;
  double stop = 0;        // the first one; 0 = none
  double volatility = 0;  // a year's, where the size asks for it
};

// Columns over all bars of the series that the rules ask for; null = they do not.
struct EntryColumns {
  const double* atr = nullptr;
  const double* daily_volatility = nullptr;
  Touches* touches = nullptr;  // where others share the levels
};

// Whether a position ends at stops or targets too.
bool has_levels(const strategy::RiskValues& risk);

// Of one block; every bar can open one, and one may come from the block before.
struct Stretches {
  std::array<Stretch, kBlockBars + 2> all;
  std::size_t count = 0;
  // Room to work in.
  std::array<std::uint32_t, kBlockBars + 9> fills;
  BlockOrders orders;
  std::array<std::uint64_t, kBlockWords> longs, shorts;
};

class Edges {
 public:
  // Requires that trading_by() is not plain. All must outlive the edges.
  Edges(const Tables& tables, const backtest::Rules& rules, strategy::Direction direction,
        EntryColumns columns);

  // The stretches of one block; blocks come in their order, from the window's first on.
  void follow(const BlockSignals& signals, std::size_t block, Stretches& out);

 private:
  using Side = backtest::Side;

  bool flat() const { return entry_ == 0; }
  // Orders for the next open.
  void order_entry(const BlockOrders& orders, std::size_t bar, std::size_t block_begin);
  double buys_at(double price) const { return price * buys_; }
  double sells_at(double price) const { return price * sells_; }
  double leaves_at(double price) const {
    return side_ == Side::long_side ? sells_at(price) : buys_at(price);
  }
  void open(Side side, Stretches& out);
  void close(double price, std::size_t bar, Stretches& out);
  void close_at_open(std::size_t bar, Stretches& out);
  void follow_flat(const BlockOrders& orders, std::size_t block_begin, std::size_t end);
  void follow_held(std::size_t block_begin, std::size_t end, Stretches& out);
  bool touch(std::size_t end, Stretches& out);
  void follow_touches(std::size_t block_begin, std::size_t end, Stretches& out);
  void follow_latch(const BlockSignals& signals, std::size_t block_begin, std::size_t end,
                    Stretches& out);
  void follow_sides(const BlockSignals& signals, std::size_t block_begin, std::size_t end,
                    Stretches& out);
  void end_latch(std::size_t end, Stretches& out);

  const Tables* tables_;
  const backtest::Rules* rules_;
  EntryColumns columns_;
  double buys_;  // what slippage makes of a price
  double sells_;
  double entry_ = 0;  // fill of the open position, 0 = flat
  Side side_ = Side::long_side;
  backtest::Levels levels_;
  std::size_t bar_;           // the next to follow
  std::size_t entries_from_;  // the first close whose entry signals count
  std::size_t last_bar_ = 0;  // the close that ends a maximum holding
  bool has_levels_;
  bool is_latch_;        // nothing but signals opens and closes,…
  bool is_long_only_;    // …on one side
  bool shares_touches_;  // nothing but signals and levels opens and closes
  bool enters_ = false;  // ordered for the next open, on side…
  Side enters_side_ = Side::long_side;
  bool exits_ = false;
};

}  // namespace mendel::kernel
