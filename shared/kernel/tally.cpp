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

// What the sleeve has at every bar of the block; `cash` as add_falls() has it.
void trace_held(const LedgerBlock& block, const HeldStretches& all, double cash, Trace& trace) {
  const std::size_t first = block.count == 0 ? block.end : block.stretches[0].begin;
  if (block.begin < first) trace.pieces.push_back({block.begin, first, cash, 0});
  for (std::size_t i = 0; i < block.count; ++i) {
    const auto& [begin, end, flat_end, holding, equities, behind] = all[i];
    if (begin != end) trace.pieces.push_back({begin, end, holding.cash, holding.quantity});
    if (end != flat_end) trace.pieces.push_back({end, flat_end, behind, 0});
    if (block.stretches[i].at_close) trace.closings.push_back(end);
  }
}

// Whether some bar of [begin, end) may have left no equity.
bool may_be_ruined(const Tables& tables, const Holding& holding, std::size_t begin,
                   std::size_t end) {
  constexpr double kNear = 1e-9;  // the plain loop decides
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (!holding.is_short() && holding.cash >= 0) return false;
  const Reaches& reaches = tables.reaches();
  const double worst = holding.is_short() ? reaches.highest() : reaches.lowest();
  if (holding.equity_at(worst) > kFarFromRuin * std::abs(holding.cash)) return false;
  const double price = -holding.cash / holding.quantity;  // where nothing is left
  const double floor = holding.is_short() ? -kInfinity : price * (1 + kNear);
  const double ceiling = holding.is_short() ? price * (1 - kNear) : kInfinity;
  const std::size_t behind = std::min(end + 1, tables.span().end);
  return reaches.first(begin, behind, floor, ceiling) < behind;
}

}  // namespace

Tally::Tally(const Tables& tables, const backtest::Rules& rules, Trading trading, double equity)
    : tables_(&tables),
      rules_(&rules),
      trading_(trading),
      fee_(rules.costs.fee),
      money_most_(rules.size == strategy::Size::money ? rules.risk.size
                                                      : std::numeric_limits<double>::infinity()),
      share_(rules.size == strategy::Size::money
                 ? rules.limits.max_leverage
                 : std::min(rules.risk.size / 100, rules.limits.max_leverage)),
      falls_(equity, tables.span().begin) {
  state_.account.holding.cash = equity;
  state_.totals.starting_equity = equity;
  state_.returns.mark = equity;
  state_.returns.day = tables.row(tables.span().begin).days;
}

// One block's stretches, of any size and cost on both sides. Works on copies, which may live in
// registers.
class Tally::Pass {
 public:
  Pass(const Tally& tally, Equities& equities, Trace* trace)
      : tables_(*tally.tables_),
        rules_(*tally.rules_),
        equities_(equities.data()),
        trace_(trace),
        account_(tally.state_.account),
        totals_(tally.state_.totals),
        falls_(tally.falls_),
        returns_(tally.state_.returns) {
    equities_[0] = returns_.mark;
  }

  void add(const Stretches& stretches, std::size_t block);
  std::size_t days() const { return days_; }
  void give_back(Tally& tally) const {
    tally.state_ = {account_, totals_, returns_};
    tally.state_.returns.mark = equities_[days_];
    tally.falls_ = falls_;
  }

 private:
  void open(const Stretch& stretch);
  void close(const Stretch& stretch);
  void flat(std::size_t bar, std::size_t end);
  void held(std::size_t begin, std::size_t end);
  void held_at_cost(const Stretch& stretch);
  void pay(const HoldingCosts& costs, double price);
  void pay_at_close(std::size_t bar);

  const Tables& tables_;
  const backtest::Rules& rules_;
  double* const equities_;  // at the last day's end before the block, and those that moved it
  std::size_t days_ = 0;    // which are so many
  Trace* const trace_;
  Account account_;
  backtest::Totals totals_;
  Falls falls_;
  DailyReturns returns_;
};

inline void Tally::Pass::open(const Stretch& stretch) {
  const double fee = rules_.costs.fee;
  backtest::Entry entry;
  entry.side = stretch.is_short ? backtest::Side::short_side : backtest::Side::long_side;
  entry.fill = stretch.entry;
  entry.equity = account_.holding.cash;
  if (stretch.stop != 0) entry.stop = stretch.stop;
  entry.volatility = stretch.volatility;
  const backtest::Sizing sizing{rules_.size, rules_.risk.size, rules_.limits};
  const double quantity = backtest::quantity_of(sizing, entry, rules_.costs);
  Holding& holding = account_.holding;
  account_.equity_at_entry = holding.cash;
  account_.entry_price = stretch.entry;
  account_.fails |= !(quantity > 0);
  holding.quantity = stretch.is_short ? -quantity : quantity;
  account_.entry_fee = quantity * stretch.entry * fee;
  account_.carry = 0;
  holding.cash = holding.cash - holding.quantity * stretch.entry - account_.entry_fee;
}

inline void Tally::Pass::close(const Stretch& stretch) {
  Holding& holding = account_.holding;
  const double quantity = std::abs(holding.quantity);
  const double notional = quantity * stretch.exit;
  const double exit_fee = notional * rules_.costs.fee;
  const double profit = holding.quantity * (stretch.exit - account_.entry_price) -
                        account_.entry_fee - exit_fee - account_.carry;
  totals_.add_trade(quantity * account_.entry_price, notional, profit, account_.equity_at_entry);
  holding.cash = holding.cash + holding.quantity * stretch.exit - exit_fee;
  holding.quantity = 0;
  account_.fails |= !(holding.cash > 0);
}

// Bars [bar, end), not empty, without a position.
inline void Tally::Pass::flat(std::size_t bar, std::size_t end) {
  const double cash = account_.holding.cash;
  if (trace_ != nullptr) trace_->pieces.push_back({bar, end, cash, 0});
  falls_.add_flat(cash, bar, end);
  // Of the days that end meanwhile the first moves to it, the others return nothing.
  equities_[days_ + 1] = cash;
  days_ += tables_.row(end).days != returns_.day ? 1 : 0;
  returns_.day = tables_.row(end).days;
  const std::size_t from = std::max(bar, tables_.span().first_tradable);
  if (from < end) totals_.equity_sum += static_cast<double>(end - from) * cash;
}

// Bars [begin, end) with one, and with this much cash.
inline void Tally::Pass::held(std::size_t begin, std::size_t end) {
  if (begin == end) return;
  const Holding holding = account_.holding;
  if (trace_ != nullptr) trace_->pieces.push_back({begin, end, holding.cash, holding.quantity});
  const BarRow& behind = tables_.row(end);
  falls_.add_held(tables_, holding, holding.equities_at(tables_.extremes(begin, end)), begin, end);
  const double* const closes = tables_.day_closes();
  for (; returns_.day != behind.days; ++returns_.day) {
    equities_[++days_] = holding.equity_at(closes[returns_.day]);
  }
  totals_.equity_sum += static_cast<double>(end - begin) * holding.cash +
                        holding.quantity * sum_of_closes(tables_.row(begin), behind);
}

// As Account::accrue() has it.
void Tally::Pass::pay(const HoldingCosts& costs, double price) {
  const double notional = std::abs(account_.holding.quantity) * price;
  double cost = notional * rules_.costs.funding_per_8h * costs.funding_periods;
  if (account_.holding.is_short()) {
    cost = notional * rules_.costs.borrow_per_day * costs.borrow_days - cost;
  }
  account_.carry += cost;
  account_.holding.cash -= cost;
}

void Tally::Pass::pay_at_close(std::size_t bar) {
  const market::SeriesView& series = tables_.series();
  const std::int64_t from_ns = series.time_ns[bar];
  pay(HoldingCosts::between(from_ns, from_ns + rules_.bar_length_ns, bar), series.close[bar]);
}

// Holding costs change the cash: from one to the next the stretch is one piece.
void Tally::Pass::held_at_cost(const Stretch& stretch) {
  std::size_t begin = stretch.begin;
  const bool pays = rules_.costs.borrow_per_day != 0 || rules_.costs.funding_per_8h != 0;
  if (pays) {
    const std::size_t last = stretch.end - (stretch.closes ? 0 : 1);
    const HoldingCosts* costs = tables_.holding_costs(begin + (stretch.opens ? 1 : 0));
    for (; costs->bar <= last; ++costs) {
      account_.fails |= may_be_ruined(tables_, account_.holding, begin, costs->bar);
      held(begin, costs->bar);
      begin = costs->bar;
      pay(*costs, tables_.series().close[begin - 1]);
    }
  }
  account_.fails |= may_be_ruined(tables_, account_.holding, begin, stretch.end);
  held(begin, stretch.end);
  if (pays && stretch.at_close) pay_at_close(stretch.end);
}

void Tally::Pass::add(const Stretches& stretches, std::size_t block) {
  std::size_t bar = std::max(block * kBlockBars, tables_.span().begin);
  const std::size_t end = std::min((block + 1) * kBlockBars, tables_.span().end);
  for (std::size_t i = 0; i < stretches.count; ++i) {
    const Stretch& stretch = stretches.all[i];
    if (bar < stretch.begin) flat(bar, stretch.begin);
    if (stretch.opens) open(stretch);
    held_at_cost(stretch);
    if (account_.fails) return;
    if (stretch.closes) close(stretch);
    totals_.held_bars += stretch.end - stretch.begin + (stretch.at_close ? 1 : 0);
    if (trace_ != nullptr && stretch.at_close) trace_->closings.push_back(stretch.end);
    bar = stretch.end;
  }
  if (bar < end && !account_.fails) flat(bar, end);
}

// What the rules say is remembered: they are far away.
LedgerBlock Tally::ledger_block(const Stretches& stretches, std::size_t block) const {
  LedgerBlock in;
  in.stretches = stretches.all.data();
  in.count = stretches.count;
  in.rows = &tables_->row(0);
  in.days = &tables_->day(0);
  in.places = tables_->ranges().of_block(block);
  in.first = block * kBlockBars;
  in.closes = tables_->series().close.data() + in.first;
  in.begin = std::max(in.first, tables_->span().begin);
  in.end = std::min(in.first + kBlockBars, tables_->span().end);
  in.first_tradable = tables_->span().first_tradable;
  in.fee = fee_;
  in.day_closes = tables_->day_closes();
  in.money_most = money_most_;
  in.share = share_;
  in.worst[0] = tables_->reaches().of_block(block).least;
  in.worst[1] = tables_->reaches().of_block(block).most;
  return in;
}

void Tally::add_ledger(const Stretches& stretches, std::size_t block, Room& room, Trace* trace) {
  const LedgerBlock in = ledger_block(stretches, block);
  const double cash = state_.account.holding.cash;
  const bool compounds = trading_ == Trading::compounding;
  const auto trade = compounds ? lanes().trade_compounding : lanes().trade_shares;
  if (trade(in, state_, room.moves, room.held.data())) {
    for (std::size_t i = 0; i < in.count; ++i) {
      const HeldStretch& held = room.held[i];
      state_.account.fails |= may_be_ruined(*tables_, held.holding, held.begin, held.end);
    }
  }
  if (state_.account.fails) return;
  add_falls(in, room.held, cash);
  if (trace != nullptr) trace_held(in, room.held, cash, *trace);
}

// `cash`: before the first stretch, without a position. They are looked for when the whole block is
// traded: what they read is there then.
void Tally::add_falls(const LedgerBlock& block, const HeldStretches& all, double cash) {
  Falls falls = falls_;
  const std::size_t begin = block.count == 0 ? block.end : block.stretches[0].begin;
  if (block.begin < begin) falls.add_flat(cash, block.begin, begin);
  for (std::size_t i = 0; i < block.count; ++i) {
    const HeldStretch& held = all[i];
    if (held.begin != held.end) {
      falls.add_held(*tables_, held.holding, held.equities, held.begin, held.end);
    }
    if (held.end != held.flat_end) falls.add_flat(held.cash, held.end, held.flat_end);
  }
  falls_ = falls;
}

void Tally::add(const Stretches& stretches, std::size_t block, Room& room, Trace* trace) {
  if (state_.account.fails) return;
  bool& moved = state_.returns.moved;
  if (trading_ != Trading::general) {
    add_ledger(stretches, block, room, trace);
    const Moves& moves = room.moves;
    const bool compounds = trading_ == Trading::compounding;
    const double* const before = compounds ? moves.before.data() : moves.after.data();
    const double* const after = moves.after.data() + (compounds ? 0 : 1);
    moved |= lanes().add_powers(before, after, moves.count, moved_powers_);
    return;
  }
  Equities& equities = room.moves.after;
  Pass pass(*this, equities, trace);
  pass.add(stretches, block);
  pass.give_back(*this);
  moved |= lanes().add_powers(equities.data(), equities.data() + 1, pass.days(), moved_powers_);
}

// The formulas of metrics_of.cpp, from sums of powers.
void Tally::set_days(double periods_per_year, Metrics& out) const {
  constexpr Metric kRatios[] = {Metric::sharpe_ratio, Metric::skewness, Metric::kurtosis};
  const DailyReturns& returns = state_.returns;
  const auto count = static_cast<double>(returns.day);
  const double mean = returns.powers[0] / count;
  if (returns.day < 2 || !returns.moved) {
    const Undefined reason = returns.day < 2 ? Undefined::too_few_days : Undefined::no_variance;
    for (Metric metric : kRatios) out.undefine(metric, reason);
  } else {
    const double mean2 = mean * mean;
    const double squares = returns.powers[1] - count * mean2;
    const double cubes =
        returns.powers[2] - 3 * mean * returns.powers[1] + 2 * count * mean2 * mean;
    const double fourths = returns.powers[3] - 4 * mean * returns.powers[2] +
                           6 * mean2 * returns.powers[1] - 3 * count * mean2 * mean2;
    const double variance = squares / count;
    out.set(Metric::sharpe_ratio,
            mean / std::sqrt(squares / (count - 1)) * std::sqrt(periods_per_year));
    out.set(Metric::skewness, cubes / count / (variance * std::sqrt(variance)));
    out.set(Metric::kurtosis, fourths / count / (variance * variance));
  }
  if (returns.day < 2) return out.undefine(Metric::sortino_ratio, Undefined::too_few_days);
  if (returns.powers[5] == 0) return out.undefine(Metric::sortino_ratio, Undefined::no_losing_day);
  out.set(Metric::sortino_ratio,
          mean / std::sqrt(returns.powers[4] / count) * std::sqrt(periods_per_year));
}

std::optional<Metrics> Tally::metrics(double periods_per_year) {
  if (state_.account.fails) return std::nullopt;
  DailyReturns& returns = state_.returns;
  returns.moved |= returns.powers[1] != 0;
  for (std::size_t k = 0; k < kPowers; ++k) {
    for (double& lane : moved_powers_[k]) {
      returns.powers[k] += lane;
      lane = 0;
    }
  }
  const double spread =
      returns.powers[1] - returns.powers[0] * returns.powers[0] / static_cast<double>(returns.day);
  if (returns.moved && !(spread > kSpreadLeast * returns.powers[1])) return std::nullopt;
  const backtest::Span& span = tables_->span();
  const market::SeriesView& series = tables_->series();
  falls_.end(span.end);
  state_.totals.deepest = falls_.deepest();
  state_.totals.longest = static_cast<std::int64_t>(falls_.longest());
  state_.totals.final_equity = state_.account.holding.cash;
  state_.totals.calendar_days =
      backtest::calendar_days(series.time_ns[span.first_tradable], series.time_ns[span.end - 1]);
  state_.totals.bars = static_cast<std::int64_t>(span.end - span.first_tradable);
  Metrics out;
  set_days(periods_per_year, out);
  backtest::set_totals(state_.totals, out);
  return out;
}

}  // namespace mendel::kernel
