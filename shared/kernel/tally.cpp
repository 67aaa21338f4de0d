#include "shared/kernel/tally.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "shared/backtest/account.hpp"
#include "shared/backtest/sizing.hpp"
#include "shared/base/time.hpp"

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

double Tally::quantity_of(const Stretch& stretch, double equity) const {
  backtest::Entry entry;
  entry.side = stretch.is_short ? backtest::Side::short_side : backtest::Side::long_side;
  entry.fill = stretch.entry;
  entry.equity = equity;
  if (stretch.stop != 0) entry.stop = stretch.stop;
  entry.volatility = stretch.volatility;
  return backtest::quantity_of({rules_->size, rules_->risk.size, rules_->limits}, entry,
                               rules_->costs);
}

// Whether some bar of [begin, end] may have left no equity.
bool Tally::may_be_ruined(std::size_t begin, std::size_t end, const Holding& holding) const {
  constexpr double kNear = 1e-9;  // the plain loop decides
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!holding.is_short() && holding.cash >= 0) return false;
  const double price = -holding.cash / holding.quantity;  // where nothing is left
  const double floor = holding.is_short() ? -kInfinity : price * (1 + kNear);
  const double ceiling = holding.is_short() ? price * (1 - kNear) : kInfinity;
  const Reaches& reaches = tables_->reaches();
  if (floor < reaches.lowest() && ceiling > reaches.highest()) return false;
  const std::size_t behind = std::min(end + 1, tables_->span().end);
  return reaches.first(begin, behind, floor, ceiling) < behind;
}

// As Account::accrue() has it.
double Tally::cost_of(const HoldingCosts& costs, const Holding& holding, double price) const {
  const double notional = std::abs(holding.quantity) * price;
  const double funding = notional * rules_->costs.funding_per_8h * costs.funding_periods;
  if (!holding.is_short()) return funding;
  return notional * rules_->costs.borrow_per_day * costs.borrow_days - funding;
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

// Works on copies, which may live in registers.
template <Trading kTrading>
void Tally::add_stretches(const Stretches& stretches, std::size_t block, Moves& moves,
                          Trace* trace) {
  constexpr bool kCompounds = kTrading == Trading::compounding;
  const Tables& tables = *tables_;
  const double fee = rules_->costs.fee;
  const std::size_t tradable = tables.span().first_tradable;
  Account account = account_;
  backtest::Totals totals = totals_;
  Falls falls = falls_;
  DailyReturns returns = returns_;
  moves.count = 0;
  const auto flat = [&](std::size_t bar, std::size_t end) {
    const double cash = account.holding.cash;
    if (trace != nullptr) trace->pieces.push_back({bar, end, cash, 0});
    falls.add_flat(tables, cash, bar, end);
    returns.add_flat(cash, tables.row(end), moves);
    const std::size_t from = std::max(bar, tradable);
    if (from < end) totals.equity_sum += static_cast<double>(end - from) * cash;
  };
  const auto held = [&](std::size_t begin, std::size_t end) {
    if (begin == end) return;
    const Holding holding = account.holding;
    if (trace != nullptr) trace->pieces.push_back({begin, end, holding.cash, holding.quantity});
    const BarRow& behind = tables.row(end);
    const Extremes closes = tables.extremes(begin, end);
    if constexpr (kCompounds) {
      falls.add_held(tables, holding, holding.equity_at(closes.most),
                     holding.equity_at(closes.least), begin, end);
      returns.add_compounding(holding, behind, tables, moves);
    } else {
      falls.add_held(tables, holding, holding.most_at(closes), holding.least_at(closes), begin,
                     end);
      returns.add_held(holding, behind, tables, moves);
    }
    totals.equity_sum += static_cast<double>(end - begin) * holding.cash +
                         holding.quantity * sum_of_closes(tables.row(begin), behind);
  };
  // Holding costs change the cash: from one to the next the stretch is one piece.
  const bool pays = rules_->costs.borrow_per_day != 0 || rules_->costs.funding_per_8h != 0;
  const auto pay = [&](double cost) {
    account.carry += cost;
    account.holding.cash -= cost;
  };
  const auto pieces = [&](const Stretch& stretch) {
    std::size_t begin = stretch.begin;
    if (pays) {
      const std::size_t last = stretch.end - (stretch.closes ? 0 : 1);
      const HoldingCosts* costs = tables.holding_costs(begin + (stretch.opens ? 1 : 0));
      for (; costs->bar <= last; ++costs) {
        account.fails |= may_be_ruined(begin, costs->bar, account.holding);
        held(begin, costs->bar);
        begin = costs->bar;
        pay(cost_of(*costs, account.holding, tables.series().close[begin - 1]));
      }
    }
    account.fails |= may_be_ruined(begin, stretch.end, account.holding);
    held(begin, stretch.end);
    if (!pays || !stretch.at_close) return;
    const std::int64_t from = tables.series().time_ns[stretch.end];
    const std::int64_t to = from + rules_->bar_length_ns;
    const HoldingCosts costs{
        0, static_cast<double>(backtest::boundaries_crossed(from, to, backtest::kFundingPeriodNs)),
        static_cast<double>(backtest::boundaries_crossed(from, to, kNsPerDay))};
    pay(cost_of(costs, account.holding, tables.series().close[stretch.end]));
  };
  std::size_t bar = std::max(block * kBlockBars, tables.span().begin);
  const std::size_t end = std::min((block + 1) * kBlockBars, tables.span().end);
  for (std::size_t i = 0; i < stretches.count; ++i) {
    const Stretch& stretch = stretches.all[i];
    if (bar < stretch.begin) flat(bar, stretch.begin);
    if (stretch.opens) {
      const double cash = account.holding.cash;
      const double quantity =
          kCompounds ? cash / (stretch.entry * (1 + fee)) : quantity_of(stretch, cash);
      account.open(stretch, quantity, fee);
    }
    if constexpr (kCompounds) {
      held(stretch.begin, stretch.end);
    } else {
      pieces(stretch);
      if (account.fails) break;
    }
    if (stretch.closes) account.close(stretch, fee, totals);
    totals.held_bars += stretch.end - stretch.begin + (stretch.at_close ? 1 : 0);
    if (trace != nullptr && stretch.at_close) trace->closings.push_back(stretch.end);
    bar = stretch.end;
  }
  if (bar < end && !account.fails) flat(bar, end);
  returns.moved |=
      lanes().add_powers(moves.before.data(), moves.after.data(), moves.count, moved_powers_);
  account_ = account;
  totals_ = totals;
  falls_ = falls;
  returns_ = returns;
}

void Tally::add(const Stretches& stretches, std::size_t block, Moves& moves, Trace* trace) {
  if (account_.fails) return;
  if (trading_ == Trading::compounding) {
    add_stretches<Trading::compounding>(stretches, block, moves, trace);
  } else {
    add_stretches<Trading::general>(stretches, block, moves, trace);
  }
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
