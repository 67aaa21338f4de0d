// Tally: the money and the metrics of one strategy, block by block, from the edges of its
// positions. A stretch in which nothing is bought or sold costs a few look-ups, however long it is.
// It does the very arithmetic of backtest/account.cpp, so every trade has the plain loop's bits.
// Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shared/backtest/metrics_of.hpp"
#include "shared/kernel/edges.hpp"
#include "shared/kernel/falls.hpp"
#include "shared/kernel/lanes.hpp"
#include "shared/kernel/ledger.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/timeline.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::kernel {

class Tally {
 public:
  // Requires that trading_by() says `trading`, which is not plain. Both must outlive the tally.
  Tally(const Tables& tables, const backtest::Rules& rules, Trading trading, double equity);

  struct Room {  // to work in
    Moves moves;
    HeldStretches held;
  };
  // The stretches of the next block. `trace`, if there is one, gets what the sleeve has at every
  // bar.
  void add(const Stretches& stretches, std::size_t block, Room& room, Trace* trace = nullptr);

  std::int64_t days() const { return state_.returns.day; }          // daily returns so far
  const backtest::Totals& totals() const { return state_.totals; }  // of closed trades

  // After the last block. nullopt: ruined or near it, an entry that found no money, or too near to
  // degenerate for sums of powers; the plain loop must compute this one.
  std::optional<market::Metrics> metrics(double periods_per_year);

 private:
  class Pass;
  LedgerBlock ledger_block(const Stretches& stretches, std::size_t block) const;
  void add_ledger(const Stretches& stretches, std::size_t block, Room& room, Trace* trace);
  void add_falls(const LedgerBlock& block, const HeldStretches& held, double cash);
  void set_days(double periods_per_year, market::Metrics& out) const;

  const Tables* tables_;
  const backtest::Rules* rules_;
  Trading trading_;
  double fee_;
  double money_most_;  // as LedgerBlock has them
  double share_;
  Ledger state_;
  Falls falls_;
  PowerLanes moved_powers_ = {};  // of the days that a fill moved
};

}  // namespace mendel::kernel
