#include "shared/kernel/tally.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "shared/backtest/sizing.hpp"

namespace mendel::kernel {
namespace {

using market::Metric;
using market::Metrics;
using market::Undefined;

// Central moments are taken from raw sums: below this share of them, cancellation would be seen.
constexpr double kSpreadLeast = 1e-2;

}  // namespace

Tally::Tally(const Tables& tables, const backtest::Rules& rules, Trading trading, double equity)
    : tables_(&tables), rules_(&rules), trading_(trading), falls_(equity, tables.span().begin) {
  account_.holding.cash = equity;
  totals_.starting_equity = equity;
  returns_.mark = equity;
  returns_.day = tables.row(tables.span().begin).days;
}

inline void Tally::Account::open(const Stretch& stretch, double quantity, double fee) {
  equity_at_entry = holding.cash;
  entry_price = stretch.entry;
  fails |= !(quantity > 0);
  holding.quantity = stretch.is_short ? -quantity : quantity;
  entry_fee = quantity * entry_price * fee;
  carry = 0;
  holding.cash = holding.cash - holding.quantity * entry_price - entry_fee;
}

inline void Tally::Account::close(const Stretch& stretch, double fee, backtest::Totals& totals) {
  const double quantity = std::abs(holding.quantity);
  const double notional = quantity * stretch.exit;
  const double exit_fee = notional * fee;
  const double profit =
      holding.quantity * (stretch.exit - entry_price) - entry_fee - exit_fee - carry;
  totals.add_trade(quantity * entry_price, notional, profit, equity_at_entry);
  holding.cash = holding.cash + holding.quantity * stretch.exit - exit_fee;
  holding.quantity = 0;
  fails |= !(holding.cash > 0);
}

// `ended` days ended since the last one at this equity: the first moved to it, the others returned
// nothing.
inline void Tally::DailyReturns::move(double equity, std::int64_t ended, Moves& moves) {
  moves.before[moves.count] = mark;
  moves.after[moves.count++] = equity;
  days += ended;
  day += ended;
  mark = equity;
}

inline void Tally::DailyReturns::add_flat(double equity, const BarRow& behind, Moves& moves) {
  if (behind.days != day) move(equity, behind.days - day, moves);
}

// With all of the equity in the position it returns what the price does: sums of powers know.
inline void Tally::DailyReturns::add_compounding(const Holding& holding, const BarRow& behind,
                                                 const Tables& tables, Moves& moves) {
  const std::int64_t ended = behind.days - day;
  if (ended == 0) return;
  const DaySums& first = tables.day(day);
  move(holding.equity_at(first.close), ended, moves);
  if (ended == 1) return;
  const DaySums& last = tables.day(day - 1);
  for (std::size_t k = 0; k < kPowers; ++k) {
    powers[k] += (last.sum[k] - first.sum[k]) + (last.rest[k] - first.rest[k]);
  }
  moved |= last.sum[1] > first.sum[1] || last.rest[1] != first.rest[1];
  mark = holding.equity_at(last.close);
}

inline void Tally::DailyReturns::add_held(const Holding& holding, const BarRow& behind,
                                          const Tables& tables, Moves& moves) {
  while (day != behind.days) move(holding.equity_at(tables.day(day).close), 1, moves);
}

// One block's stretches. Works on copies, which may live in registers.
template <Trading kTrading>
class Tally::Pass {
 public:
  Pass(const Tally& tally, Moves& moves, Trace* trace)
      : tables_(*tally.tables_),
        rules_(*tally.rules_),
        moves_(moves),
        trace_(trace),
        account_(tally.account_),
        totals_(tally.totals_),
        falls_(tally.falls_),
        returns_(tally.returns_) {}

  void add(const Stretches& stretches, std::size_t block);
  void give_back(Tally& tally) const {
    tally.account_ = account_;
    tally.totals_ = totals_;
    tally.falls_ = falls_;
    tally.returns_ = returns_;
  }

 private:
  static constexpr bool kCompounds = kTrading == Trading::compounding;

  void open(const Stretch& stretch);
  void flat(std::size_t bar, std::size_t end);
  void held(std::size_t begin, std::size_t end);
  void held_at_cost(const Stretch& stretch);
  void pay(const HoldingCosts& costs, double price);
  void pay_at_close(std::size_t bar);
  bool may_be_ruined(std::size_t begin, std::size_t end) const;

  const Tables& tables_;
  const backtest::Rules& rules_;
  Moves& moves_;
  Trace* const trace_;
  Account account_;
  backtest::Totals totals_;
  Falls falls_;
  DailyReturns returns_;
};

template <Trading kTrading>
inline void Tally::Pass<kTrading>::open(const Stretch& stretch) {
  const double fee = rules_.costs.fee;
  if constexpr (kCompounds) {
    return account_.open(stretch, account_.holding.cash / (stretch.entry * (1 + fee)), fee);
  }
  backtest::Entry entry;
  entry.side = stretch.is_short ? backtest::Side::short_side : backtest::Side::long_side;
  entry.fill = stretch.entry;
  entry.equity = account_.holding.cash;
  if (stretch.stop != 0) entry.stop = stretch.stop;
  entry.volatility = stretch.volatility;
  const backtest::Sizing sizing{rules_.size, rules_.risk.size, rules_.limits};
  account_.open(stretch, backtest::quantity_of(sizing, entry, rules_.costs), fee);
}

// Bars [bar, end), not empty, without a position.
template <Trading kTrading>
inline void Tally::Pass<kTrading>::flat(std::size_t bar, std::size_t end) {
  const double cash = account_.holding.cash;
  if (trace_ != nullptr) trace_->pieces.push_back({bar, end, cash, 0});
  falls_.add_flat(tables_, cash, bar, end);
  returns_.add_flat(cash, tables_.row(end), moves_);
  const std::size_t from = std::max(bar, tables_.span().first_tradable);
  if (from < end) totals_.equity_sum += static_cast<double>(end - from) * cash;
}

// Bars [begin, end) with one, and with this much cash.
template <Trading kTrading>
inline void Tally::Pass<kTrading>::held(std::size_t begin, std::size_t end) {
  if (begin == end) return;
  const Holding holding = account_.holding;
  if (trace_ != nullptr) trace_->pieces.push_back({begin, end, holding.cash, holding.quantity});
  const BarRow& behind = tables_.row(end);
  const Extremes closes = tables_.extremes(begin, end);
  if constexpr (kCompounds) {  // long
    const Extremes equities{holding.equity_at(closes.most), holding.equity_at(closes.least)};
    falls_.add_held(tables_, holding, equities, begin, end);
    returns_.add_compounding(holding, behind, tables_, moves_);
  } else {
    falls_.add_held(tables_, holding, holding.equities_at(closes), begin, end);
    returns_.add_held(holding, behind, tables_, moves_);
  }
  totals_.equity_sum += static_cast<double>(end - begin) * holding.cash +
                        holding.quantity * sum_of_closes(tables_.row(begin), behind);
}

// Whether some bar of [begin, end] may have left no equity.
template <Trading kTrading>
bool Tally::Pass<kTrading>::may_be_ruined(std::size_t begin, std::size_t end) const {
  constexpr double kNear = 1e-9;  // the plain loop decides
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Holding& holding = account_.holding;
  if (!holding.is_short() && holding.cash >= 0) return false;
  const double price = -holding.cash / holding.quantity;  // where nothing is left
  const double floor = holding.is_short() ? -kInfinity : price * (1 + kNear);
  const double ceiling = holding.is_short() ? price * (1 - kNear) : kInfinity;
  const Reaches& reaches = tables_.reaches();
  if (floor < reaches.lowest() && ceiling > reaches.highest()) return false;
  const std::size_t behind = std::min(end + 1, tables_.span().end);
  return reaches.first(begin, behind, floor, ceiling) < behind;
}

// As Account::accrue() has it.
template <Trading kTrading>
void Tally::Pass<kTrading>::pay(const HoldingCosts& costs, double price) {
  const double notional = std::abs(account_.holding.quantity) * price;
  double cost = notional * rules_.costs.funding_per_8h * costs.funding_periods;
  if (account_.holding.is_short()) {
    cost = notional * rules_.costs.borrow_per_day * costs.borrow_days - cost;
  }
  account_.carry += cost;
  account_.holding.cash -= cost;
}

template <Trading kTrading>
void Tally::Pass<kTrading>::pay_at_close(std::size_t bar) {
  const market::SeriesView& series = tables_.series();
  const std::int64_t from_ns = series.time_ns[bar];
  pay(HoldingCosts::between(from_ns, from_ns + rules_.bar_length_ns, bar), series.close[bar]);
}

// Holding costs change the cash: from one to the next the stretch is one piece.
template <Trading kTrading>
void Tally::Pass<kTrading>::held_at_cost(const Stretch& stretch) {
  std::size_t begin = stretch.begin;
  const bool pays = rules_.costs.borrow_per_day != 0 || rules_.costs.funding_per_8h != 0;
  if (pays) {
    const std::size_t last = stretch.end - (stretch.closes ? 0 : 1);
    const HoldingCosts* costs = tables_.holding_costs(begin + (stretch.opens ? 1 : 0));
    for (; costs->bar <= last; ++costs) {
      account_.fails |= may_be_ruined(begin, costs->bar);
      held(begin, costs->bar);
      begin = costs->bar;
      pay(*costs, tables_.series().close[begin - 1]);
    }
  }
  account_.fails |= may_be_ruined(begin, stretch.end);
  held(begin, stretch.end);
  if (pays && stretch.at_close) pay_at_close(stretch.end);
}

template <Trading kTrading>
void Tally::Pass<kTrading>::add(const Stretches& stretches, std::size_t block) {
  std::size_t bar = std::max(block * kBlockBars, tables_.span().begin);
  const std::size_t end = std::min((block + 1) * kBlockBars, tables_.span().end);
  for (std::size_t i = 0; i < stretches.count; ++i) {
    const Stretch& stretch = stretches.all[i];
    if (bar < stretch.begin) flat(bar, stretch.begin);
    if (stretch.opens) open(stretch);
    if constexpr (kCompounds) {
      held(stretch.begin, stretch.end);
    } else {
      held_at_cost(stretch);
      if (account_.fails) return;
    }
    if (stretch.closes) account_.close(stretch, rules_.costs.fee, totals_);
    totals_.held_bars += stretch.end - stretch.begin + (stretch.at_close ? 1 : 0);
    if (trace_ != nullptr && stretch.at_close) trace_->closings.push_back(stretch.end);
    bar = stretch.end;
  }
  if (bar < end && !account_.fails) flat(bar, end);
}

template <Trading kTrading>
void Tally::add_by(const Stretches& stretches, std::size_t block, Moves& moves, Trace* trace) {
  Pass<kTrading> pass(*this, moves, trace);
  pass.add(stretches, block);
  pass.give_back(*this);
}

void Tally::add(const Stretches& stretches, std::size_t block, Moves& moves, Trace* trace) {
  if (account_.fails) return;
  moves.count = 0;
  if (trading_ == Trading::compounding) {
    add_by<Trading::compounding>(stretches, block, moves, trace);
  } else {
    add_by<Trading::general>(stretches, block, moves, trace);
  }
  returns_.moved |=
      lanes().add_powers(moves.before.data(), moves.after.data(), moves.count, moved_powers_);
}

// The formulas of metrics_of.cpp, from sums of powers.
void Tally::set_days(double periods_per_year, Metrics& out) const {
  constexpr Metric kRatios[] = {Metric::sharpe_ratio, Metric::skewness, Metric::kurtosis};
  const auto count = static_cast<double>(returns_.days);
  const double mean = returns_.powers[0] / count;
  if (returns_.days < 2 || !returns_.moved) {
    const Undefined reason = returns_.days < 2 ? Undefined::too_few_days : Undefined::no_variance;
    for (Metric metric : kRatios) out.undefine(metric, reason);
  } else {
    const double mean2 = mean * mean;
    const double squares = returns_.powers[1] - count * mean2;
    const double cubes =
        returns_.powers[2] - 3 * mean * returns_.powers[1] + 2 * count * mean2 * mean;
    const double fourths = returns_.powers[3] - 4 * mean * returns_.powers[2] +
                           6 * mean2 * returns_.powers[1] - 3 * count * mean2 * mean2;
    const double variance = squares / count;
    out.set(Metric::sharpe_ratio,
            mean / std::sqrt(squares / (count - 1)) * std::sqrt(periods_per_year));
    out.set(Metric::skewness, cubes / count / (variance * std::sqrt(variance)));
    out.set(Metric::kurtosis, fourths / count / (variance * variance));
  }
  if (returns_.days < 2) return out.undefine(Metric::sortino_ratio, Undefined::too_few_days);
  if (returns_.powers[5] == 0) return out.undefine(Metric::sortino_ratio, Undefined::no_losing_day);
  out.set(Metric::sortino_ratio,
          mean / std::sqrt(returns_.powers[4] / count) * std::sqrt(periods_per_year));
}

std::optional<Metrics> Tally::metrics(double periods_per_year) {
  if (account_.fails) return std::nullopt;
  for (std::size_t k = 0; k < kPowers; ++k) {
    for (double& lane : moved_powers_[k]) {
      returns_.powers[k] += lane;
      lane = 0;
    }
  }
  const double spread = returns_.powers[1] - returns_.powers[0] * returns_.powers[0] /
                                                 static_cast<double>(returns_.days);
  if (returns_.moved && !(spread > kSpreadLeast * returns_.powers[1])) return std::nullopt;
  const backtest::Span& span = tables_->span();
  const market::SeriesView& series = tables_->series();
  falls_.end(*tables_, span.end);
  totals_.deepest = falls_.deepest();
  totals_.longest = static_cast<std::int64_t>(falls_.longest());
  totals_.final_equity = account_.holding.cash;
  totals_.calendar_days =
      backtest::calendar_days(series.time_ns[span.first_tradable], series.time_ns[span.end - 1]);
  totals_.bars = static_cast<std::int64_t>(span.end - span.first_tradable);
  Metrics out;
  set_days(periods_per_year, out);
  backtest::set_totals(totals_, out);
  return out;
}

}  // namespace mendel::kernel
