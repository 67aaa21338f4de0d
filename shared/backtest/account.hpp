// Account: the money of one sleeve (one symbol's share of the equity) and its only position.
// Every formula is in docs/metrics.md, "Fills and money".
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/backtest/trade.hpp"
#include "shared/base/time.hpp"

namespace mendel::backtest {

// Fractions of a fill's or position's notional.
struct Costs {
  double fee = 0;             // per side
  double slippage = 0;        // per side, on market and stop fills
  double borrow_per_day = 0;  // shorts, per UTC midnight crossed
  double funding_per_8h = 0;  // per 00/08/16 UTC crossed; positive: longs pay, shorts receive
};

struct Position {
  Side side = Side::long_side;
  double quantity = 0;
  double entry_price = 0;
  double equity_at_entry = 0;
  double entry_fee = 0;
  double carry = 0;  // borrow and funding paid so far
  std::int64_t entry_time_ns = 0;
  std::size_t entry_bar = 0;
};

// When: the bar of a fill.
struct Moment {
  std::size_t bar = 0;
  std::int64_t time_ns = 0;
};

class Account {
 public:
  Account(std::string symbol, double equity, Costs costs);

  bool flat() const { return !position_; }
  bool ruined() const { return ruined_; }
  const std::optional<Position>& position() const { return position_; }
  const Costs& costs() const { return costs_; }
  // Cash plus the position at this price, without the fee of closing it.
  double equity_at(double price) const {
    if (!position_) return cash_;
    const double notional = position_->quantity * price;
    return position_->side == Side::long_side ? cash_ + notional : cash_ - notional;
  }

  // What an entry at `price` pays or gets: moved by the slippage.
  double entry_fill(Side side, double price) const;

  // Opens a position at a fill after slippage. Requires a flat account that is not ruined and a
  // quantity above 0 (sizing.hpp).
  void enter(Side side, double quantity, double fill, Moment when);

  // Both require a position. A fill that leaves no equity is ruin: the equity becomes 0.
  void exit_market(double price, ExitReason reason, Moment when);  // moved by the slippage
  void exit_limit(double price, ExitReason reason, Moment when);   // at the price itself

  // Closes the position as a total loss. Requires a position.
  void ruin(double price, Moment when);

  // Borrow and funding for holding the position over (from, to], on its notional at `price`.
  void accrue(std::int64_t from_ns, std::int64_t to_ns, double price);

  const std::vector<Trade>& trades() const { return trades_; }
  std::vector<Trade> take_trades() { return std::move(trades_); }

 private:
  double slipped(double price, bool buying) const;
  void close(double price, ExitReason reason, Moment when);
  void record(double price, double profit, ExitReason reason, Moment when);

  std::string symbol_;
  Costs costs_;
  double cash_;
  bool ruined_ = false;
  std::optional<Position> position_;
  std::vector<Trade> trades_;
};

inline constexpr std::int64_t kFundingPeriodNs = kNsPerDay / 3;  // 00, 08, 16 UTC

// How many multiples of `period_ns` since the epoch lie within (from, to].
std::int64_t boundaries_crossed(std::int64_t from_ns, std::int64_t to_ns, std::int64_t period_ns);

}  // namespace mendel::backtest
