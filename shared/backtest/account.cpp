#include "shared/backtest/account.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/base/time.hpp"

namespace mendel::backtest {
namespace {

std::int64_t floor_division(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

}  // namespace

std::int64_t boundaries_crossed(std::int64_t from_ns, std::int64_t to_ns, std::int64_t period_ns) {
  return floor_division(to_ns, period_ns) - floor_division(from_ns, period_ns);
}

Account::Account(std::string symbol, double equity, Costs costs)
    : symbol_(std::move(symbol)), costs_(costs), cash_(equity) {}

double Account::slipped(double price, bool buying) const {
  return buying ? price * (1 + costs_.slippage) : price * (1 - costs_.slippage);
}

double Account::entry_fill(Side side, double price) const {
  return slipped(price, side == Side::long_side);
}

// A long of more than the cash leaves it below 0: borrowed, without interest.
void Account::enter(Side side, double quantity, double fill, Moment when) {
  check(flat() && !ruined_ && quantity > 0, "an entry needs a flat account and a quantity");
  const double equity = cash_;
  const double notional = quantity * fill;
  const double fee = notional * costs_.fee;
  cash_ = side == Side::long_side ? cash_ - notional - fee : cash_ + notional - fee;
  position_ = Position{side, quantity, fill, equity, fee, 0, when.time_ns, when.bar};
}

void Account::exit_market(double price, ExitReason reason, Moment when) {
  check(!flat(), "an exit needs a position");
  close(slipped(price, position_->side == Side::short_side), reason, when);
}

void Account::exit_limit(double price, ExitReason reason, Moment when) {
  check(!flat(), "an exit needs a position");
  close(price, reason, when);
}

void Account::close(double price, ExitReason reason, Moment when) {
  const Position& held = *position_;
  const bool is_long = held.side == Side::long_side;
  const double notional = held.quantity * price;
  const double fee = notional * costs_.fee;
  const double cash = is_long ? cash_ + notional - fee : cash_ - notional - fee;
  if (!(cash > 0)) return ruin(price, when);
  const double gross =
      held.quantity * (is_long ? price - held.entry_price : held.entry_price - price);
  const double profit = gross - held.entry_fee - fee - held.carry;
  cash_ = cash;
  record(price, profit, reason, when);
}

void Account::ruin(double price, Moment when) {
  check(!flat(), "ruin needs a position");
  cash_ = 0;
  ruined_ = true;
  record(price, -position_->equity_at_entry, ExitReason::ruin, when);
}

void Account::record(double price, double profit, ExitReason reason, Moment when) {
  const Position& held = *position_;
  trades_.push_back({symbol_, held.side, held.entry_time_ns, held.entry_price, when.time_ns, price,
                     held.quantity, profit, held.equity_at_entry, reason});
  position_.reset();
}

void Account::accrue(std::int64_t from_ns, std::int64_t to_ns, double price) {
  const bool is_free = costs_.funding_per_8h == 0 && costs_.borrow_per_day == 0;
  if (!position_ || is_free) return;
  const double notional = position_->quantity * price;
  const auto periods = static_cast<double>(boundaries_crossed(from_ns, to_ns, kFundingPeriodNs));
  double cost = notional * costs_.funding_per_8h * periods;
  if (position_->side == Side::short_side) {
    const auto days = static_cast<double>(boundaries_crossed(from_ns, to_ns, kNsPerDay));
    cost = notional * costs_.borrow_per_day * days - cost;
  }
  position_->carry += cost;
  cash_ -= cost;
}

}  // namespace mendel::backtest
