// Tally: the money and the metrics of one strategy, block by block, from the edges of its
// positions. A stretch in which nothing is bought or sold costs a few look-ups, however long it is.
// It does the very arithmetic of backtest/account.cpp, so every trade has the plain loop's bits.
// Threads: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "shared/backtest/metrics_of.hpp"
#include "shared/kernel/edges.hpp"
#include "shared/kernel/falls.hpp"
#include "shared/kernel/lanes.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/timeline.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::kernel {

// Where the equity moved from one day's end to the next, on the days that a fill moved it too; of
// one block.
struct Moves {
  std::array<double, kBlockBars> before;
  std::array<double, kBlockBars> after;
  std::size_t count = 0;
};

class Tally {
 public:
  // Requires that trading_by() says `trading`, which is not plain. Both must outlive the tally.
  Tally(const Tables& tables, const backtest::Rules& rules, Trading trading, double equity);

  // The stretches of the next block; `moves` is room to work in. `trace`, if there is one, gets
  // what the sleeve has at every bar.
  void add(const Stretches& stretches, std::size_t block, Moves& moves, Trace* trace = nullptr);

  std::int64_t days() const { return returns_.days; }         // daily returns so far
  const backtest::Totals& totals() const { return totals_; }  // of closed trades

  // After the last block. nullopt: ruined or near it, an entry that found no money, or too near to
  // degenerate for sums of powers; the plain loop must compute this one.
  std::optional<market::Metrics> metrics(double periods_per_year);

 private:
  struct Account {
    Holding holding;  // a quantity of 0 is flat
    double entry_price = 0;
    double entry_fee = 0;
    double equity_at_entry = 0;
    double carry = 0;    // borrow and funding paid so far
    bool fails = false;  // ruined, or an entry failed: what follows is wrong

    void open(const Stretch& stretch, double quantity, double fee);
    void close(const Stretch& stretch, double fee, backtest::Totals& totals);
  };

  struct DailyReturns {
    double mark;       // equity at the last day's end
    std::int64_t day;  // the next that ends
    std::int64_t days = 0;
    bool moved = false;  // some return is not 0
    Powers powers = {};  // of the days within stretches

    // To the bar whose row is `behind`, at one equity, or holding.
    void add_flat(double equity, const BarRow& behind, Moves& moves);
    void add_compounding(const Holding& holding, const BarRow& behind, const Tables& tables,
                         Moves& moves);
    void add_held(const Holding& holding, const BarRow& behind, const Tables& tables, Moves& moves);
    void move(double equity, std::int64_t ended, Moves& moves);
  };

  template <Trading kTrading>
  class Pass;
  template <Trading kTrading>
  void add_by(const Stretches& stretches, std::size_t block, Moves& moves, Trace* trace);
  void set_days(double periods_per_year, market::Metrics& out) const;

  const Tables* tables_;
  const backtest::Rules* rules_;
  Trading trading_;
  Account account_;
  backtest::Totals totals_;  // but the falls and what is known at the end
  Falls falls_;
  DailyReturns returns_;
  PowerLanes moved_powers_ = {};  // of the days that a fill moved
};

}  // namespace mendel::kernel
