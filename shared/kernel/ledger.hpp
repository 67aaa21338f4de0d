// Ledger: the money of a strategy that pays nothing for holding a position, block by block, from
// the stretches of its positions. As a lane's loop it is compiled for every instruction set, so all
// is plain data here. Threads: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "shared/backtest/metrics_of.hpp"
#include "shared/kernel/edges.hpp"
#include "shared/kernel/holding.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/words.hpp"

namespace mendel::kernel {

// Where the equity moved from one day's end to the next, of one block: all days of shares; of
// compounding those on which a fill moved it too. kDaysAtOnce are written, maybe more than there
// are.
using Equities = std::array<double, kBlockBars + 2 + kDaysAtOnce>;
struct Moves {
  Equities before;  // not of shares: each day's is the one before in `after`, from its first on
  Equities after;
  std::size_t count = 0;
};

// A position that has this share of its cash left at the worst price is not near to ruin.
inline constexpr double kFarFromRuin = 1e-6;

// What a strategy has between two bars.
struct Account {
  Holding holding;  // a quantity of 0 is flat
  double entry_price = 0;
  double entry_fee = 0;
  double equity_at_entry = 0;
  double carry = 0;    // borrow and funding paid so far
  bool fails = false;  // ruined, or an entry failed: what follows is wrong
};

struct DailyReturns {
  double mark = 0;       // equity at the last day's end
  std::int64_t day = 0;  // the next that ends; the window's first is 0
  bool moved = false;    // some return of `moves` is not 0
  Powers powers = {};    // of the days within stretches
};

struct Ledger {
  Account account;
  backtest::Totals totals;  // but the falls and what is known at the end
  DailyReturns returns;
};

// A block's stretches, and what is known of it.
struct LedgerBlock {
  const Stretch* stretches;
  std::size_t count;
  const BarRow* rows;  // of all bars
  const DaySums* days;
  const Places* places;  // of the block
  const double* closes;  // from its first bar on
  std::size_t first;     // this bar
  std::size_t begin;     // the bars of the window…
  std::size_t end;       // …are [begin, end)
  std::size_t first_tradable;
  double fee;
  // Of shares.
  const double* day_closes;
  double money_most;  // an entry spends at most this,…
  double share;       // …at most this share of the equity
  double worst[2];    // price for longs, shorts, of its bars and the one behind it
};

// A stretch, the bars without a position behind it, and what it came to.
struct HeldStretch {
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t flat_end;
  Holding holding;
  Extremes equities;  // at its closes; of no meaning if it has none
  double cash;        // behind it
};
using HeldStretches = std::array<HeldStretch, kBlockBars + 2>;

}  // namespace mendel::kernel
