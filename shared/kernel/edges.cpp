#include "shared/kernel/edges.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "shared/backtest/levels.hpp"
#include "shared/kernel/lanes.hpp"

namespace mendel::kernel {
namespace {

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

bool has_bit(std::uint64_t word, std::size_t bar) { return (word >> (bar % kWordBars) & 1) != 0; }

}  // namespace

Trading trading_by(const backtest::Rules& rules, strategy::Direction direction) {
  const strategy::RiskValues& risk = rules.risk;
  const strategy::AccountLimits& limits = rules.limits;
  if (rules.fill != strategy::Fill::next_open) return Trading::plain;
  const bool percent = rules.size == strategy::Size::percent_of_equity;
  const bool any_quantity = limits.lot_step == 0 && limits.min_notional == 0;
  if (!any_quantity || rules.costs.funding_per_8h != 0) return Trading::general;
  const bool all_in = percent && limits.max_leverage >= 1 && risk.size == 100;
  if (all_in && direction == strategy::Direction::long_only) return Trading::compounding;
  const bool by_share = percent || rules.size == strategy::Size::money;
  return by_share && rules.costs.borrow_per_day == 0 ? Trading::shares : Trading::general;
}

bool has_levels(const strategy::RiskValues& risk) {
  return risk.stop_loss > 0 || risk.take_profit > 0 || risk.trailing_stop > 0 || risk.uses_atr();
}

namespace {

// No more than signals, levels, and sizes that read neither.
bool is_simple(const backtest::Rules& rules, const Tables& tables) {
  return rules.size != strategy::Size::volatility_target && rules.risk.max_holding_bars <= 0 &&
         rules.risk.cool_down_bars <= 0 && tables.has_no_holes();
}

}  // namespace

Edges::Edges(const Tables& tables, const backtest::Rules& rules, strategy::Direction direction,
             EntryColumns columns)
    : tables_(&tables),
      rules_(&rules),
      columns_(columns),
      buys_(1 + rules.costs.slippage),
      sells_(1 - rules.costs.slippage),
      bar_(tables.span().begin),
      entries_from_(tables.span().first_tradable),
      has_levels_(has_levels(rules.risk)),
      is_latch_(!has_levels_ && is_simple(rules, tables)),
      is_long_only_(direction == strategy::Direction::long_only),
      shares_touches_(columns.touches != nullptr && is_simple(rules, tables) &&
                      rules.size != strategy::Size::risk_percent) {}

void BlockOrders::read(const BlockSignals& signals, std::size_t bars) {
  // Behind the last bar of the series there are no words.
  const std::size_t words = (bars + kWordBars - 1) / kWordBars;
  for (std::size_t w = 0; w < words; ++w) {
    const std::uint64_t to_long = signals.entry_long[w];
    const std::uint64_t to_short = signals.entry_short[w];
    const std::uint64_t from_long = signals.exit_long[w];
    const std::uint64_t from_short = signals.exit_short[w];
    enter_long[w] = to_long & ~from_long & ~to_short;
    enter_short[w] = to_short & ~from_short & ~to_long;
    leave_long[w] = from_long | enter_short[w];
    leave_short[w] = from_short | enter_long[w];
  }
}

void Edges::order_entry(const BlockOrders& orders, std::size_t bar, std::size_t block_begin) {
  const std::size_t word = (bar - block_begin) / kWordBars;
  const bool to_long = has_bit(orders.enter_long[word], bar);
  enters_ = to_long || has_bit(orders.enter_short[word], bar);
  enters_side_ = to_long ? Side::long_side : Side::short_side;
}

void Edges::open(Side side, Stretches& out) {
  const strategy::RiskValues& risk = rules_->risk;
  const double price = tables_->row(bar_).open;
  const double atr = columns_.atr == nullptr ? 0 : columns_.atr[bar_ - 1];
  const double volatility =
      columns_.daily_volatility == nullptr ? 0 : columns_.daily_volatility[bar_ - 1];
  if (std::isnan(atr) || std::isnan(volatility)) return;  // no entry
  side_ = side;
  entry_ = side == Side::long_side ? buys_at(price) : sells_at(price);
  if (has_levels_) levels_ = backtest::levels_from(side, entry_, risk, atr);
  const bool bounded = risk.max_holding_bars > 0;
  last_bar_ = bounded ? bar_ + static_cast<std::size_t>(risk.max_holding_bars) - 1 : kNever;
  const bool is_short = side == Side::short_side;
  const double yearly = volatility == 0 ? 0 : volatility * std::sqrt(rules_->periods_per_year);
  out.all[out.count++] = {
      static_cast<std::uint32_t>(bar_), 0,     true, false, false, is_short, entry_, 0,
      levels_.stop.value_or(0),         yearly};
}

// At `price`, slippage included; `bar` is the first whose close finds it flat.
void Edges::close(double price, std::size_t bar, Stretches& out) {
  Stretch& stretch = out.all[out.count - 1];
  stretch.end = static_cast<std::uint32_t>(bar);
  stretch.closes = true;
  stretch.exit = price;
  entry_ = 0;
  entries_from_ =
      bar + static_cast<std::size_t>(std::max<std::int64_t>(0, rules_->risk.cool_down_bars));
}

// Up to the close that signals an entry, or the block's end.
void Edges::follow_flat(const BlockOrders& orders, std::size_t block_begin, std::size_t end) {
  const std::size_t last_signal = std::min(end, tables_->span().end - 1);
  const std::size_t from = std::max(bar_, entries_from_);
  bar_ = end;
  if (from >= last_signal) return;
  const auto enters = [&](std::size_t w) { return orders.enter_long[w] | orders.enter_short[w]; };
  const std::size_t to = last_signal - block_begin;
  const std::size_t found = next_bit(enters, from - block_begin, to);
  if (found == to) return;
  order_entry(orders, block_begin + found, block_begin);
  bar_ = block_begin + found + 1;
}

// Whether a level is reached before bar `end`: that bar is the next, flat.
bool Edges::touch(std::size_t end, Stretches& out) {
  const std::size_t bar = first_touch(*tables_, side_, levels_, bar_, end);
  if (bar == end) return false;
  close(fill_at_touch(*tables_, side_, levels_, bar, rules_->costs.slippage), bar, out);
  bar_ = bar;
  return true;
}

// Up to the close that signals the exit, the touch of a level, a hole, or the block's end.
void Edges::follow_held(std::size_t block_begin, std::size_t end, Stretches& out) {
  const bool is_long = side_ == Side::long_side;
  const auto& leaves = is_long ? out.orders.leave_long : out.orders.leave_short;
  const std::size_t last_signal = std::min(end, tables_->span().end - 1);
  std::size_t signal = last_signal;
  if (bar_ < last_signal) {
    const auto words = [&](std::size_t w) { return leaves[w]; };
    signal = block_begin + next_bit(words, bar_ - block_begin, last_signal - block_begin);
  }
  signal = std::min(signal, std::max(last_bar_, bar_));
  const std::size_t hole = tables_->hole(bar_, last_signal);
  const bool hole_first = hole < last_signal && hole <= signal;
  const bool signalled = !hole_first && signal < last_signal;
  const bool ends = !hole_first && !signalled && end == tables_->span().end;
  const std::size_t behind = hole_first ? hole + 1 : signalled ? signal + 1 : end;
  if (has_levels_ && touch(behind, out)) return;
  bar_ = behind;
  if (!hole_first && !ends) {
    exits_ = signalled;
    // A reversal is one order: the cool-down does not delay it.
    if (signalled) {
      order_entry(out.orders, signal, block_begin);
      enters_ = enters_ && enters_side_ != side_;
    }
    out.all[out.count - 1].end = static_cast<std::uint32_t>(behind);  // unless it closes here
    return;
  }
  const std::size_t last = behind - 1;
  close(leaves_at(tables_->row(last).close), last, out);
  out.all[out.count - 1].at_close = true;
  // What that close signals counts like any other's.
  if (hole_first && last >= entries_from_) order_entry(out.orders, last, block_begin);
}

// To the block's end, where nothing but signals and levels that others have too opens and closes.
void Edges::follow_touches(std::size_t block_begin, std::size_t end, Stretches& out) {
  const BlockOrders& orders = out.orders;
  const std::size_t to = std::min(end, tables_->span().end - 1) - block_begin;
  const auto entries = [&](std::size_t w) { return orders.enter_long[w] | orders.enter_short[w]; };
  std::size_t bar = bar_;
  std::size_t from = std::max(bar_, entries_from_);
  bool enters = enters_;
  Side side = enters_side_;
  enters_ = false;
  bar_ = end;
  while (true) {
    if (!enters) {
      const std::size_t found = next_bit(entries, from - block_begin, to);
      if (found >= to) return;
      side =
          has_bit(orders.enter_long[found / kWordBars], found) ? Side::long_side : Side::short_side;
      bar = block_begin + found + 1;
      if (bar == end) break;  // the next block's
    }
    enters = false;
    from = bar;
    if (columns_.atr != nullptr && std::isnan(columns_.atr[bar - 1])) continue;
    const bool is_long = side == Side::long_side;
    const auto& leaves = is_long ? orders.leave_long : orders.leave_short;
    const auto leaving = [&](std::size_t w) { return leaves[w]; };
    const double open = tables_->row(bar).open;
    const double entry = is_long ? buys_at(open) : sells_at(open);
    const Touches::Touch touch = columns_.touches->of(side, bar, entry);
    const std::size_t signal = next_bit(leaving, bar - block_begin, to);
    const std::size_t behind = signal < to ? block_begin + signal + 1 : end;
    Stretch& stretch = out.all[out.count++];
    stretch = {static_cast<std::uint32_t>(bar), 0, true, true, false, !is_long, entry, 0, 0, 0};
    if (touch.bar < behind) {
      stretch.end = touch.bar;
      stretch.exit = touch.fill;
      from = touch.bar;
      continue;
    }
    side_ = side;
    stretch.end = static_cast<std::uint32_t>(behind);
    if (signal < to) {
      const auto& others = is_long ? orders.enter_short : orders.enter_long;
      enters = has_bit(others[signal / kWordBars], signal);
      side = is_long ? Side::short_side : Side::long_side;
    }
    if (behind < end) {
      stretch.exit = leaves_at(tables_->row(behind).open);
      from = bar = behind;
      continue;
    }
    if (end == tables_->span().end) {
      close(leaves_at(tables_->row(end - 1).close), end - 1, out);
      stretch.at_close = true;
      return;
    }
    // It stays open, or is closed at the next block's first open.
    stretch.closes = false;
    entry_ = entry;
    levels_ = columns_.touches->behind(side_, bar);
    last_bar_ = kNever;
    exits_ = signal < to;
    break;
  }
  enters_ = enters || flat();
  enters_side_ = side;
}

void Edges::close_at_open(std::size_t bar, Stretches& out) {
  close(leaves_at(tables_->row(bar).open), bar, out);
}

// Signals alone open and close; the bar after each that changes something has the fill.
void Edges::follow_latch(const BlockSignals& signals, std::size_t block_begin, std::size_t end,
                         Stretches& out) {
  const bool ordered = enters_ || exits_;
  const bool held = flat() ? enters_ : !exits_;  // once that is filled
  const std::size_t from = held ? bar_ : std::min(end, std::max(bar_, entries_from_));
  const std::size_t to = std::min(end, tables_->span().end - 1);
  Latch latch{signals.entry_long, signals.exit_long, from - block_begin, to - block_begin, held};
  std::uint32_t* const fills = out.fills.data();
  fills[0] = static_cast<std::uint32_t>(bar_);
  std::size_t count = ordered ? 1 : 0;
  const std::size_t changes = lanes().follow(latch, fills + count);
  const auto behind = static_cast<std::uint32_t>(block_begin + 1);
  for (std::size_t i = 0; i < changes; ++i) fills[count++] += behind;
  // A fill behind the block's last bar is the next block's.
  const bool later = count > 0 && fills[count - 1] == end;
  count -= later ? 1 : 0;
  std::size_t i = 0;
  if (!flat() && count > 0) close_at_open(fills[i++], out);
  for (; i + 1 < count; i += 2) {
    const double entry = buys_at(tables_->row(fills[i]).open);
    const double exit = sells_at(tables_->row(fills[i + 1]).open);
    out.all[out.count++] = {fills[i], fills[i + 1], true, true, false, false, entry, exit, 0, 0};
  }
  if (i < count) {
    entry_ = buys_at(tables_->row(fills[i]).open);
    out.all[out.count++] = {fills[i], 0, true, false, false, false, entry_, 0, 0, 0};
  }
  enters_ = later && flat();
  exits_ = later && !flat();
  end_latch(end, out);
}

// At the block's end, of all bars' maybe.
void Edges::end_latch(std::size_t end, Stretches& out) {
  bar_ = end;
  if (flat()) return;
  Stretch& stretch = out.all[out.count - 1];
  stretch.end = static_cast<std::uint32_t>(end);
  if (end < tables_->span().end) return;
  close(leaves_at(tables_->row(end - 1).close), end - 1, out);
  stretch.at_close = true;
}

namespace {

// Makes stretches of fills that each leave a position, enter one, or both.
class Fills {
 public:
  // The last stretch of `out` is open, or it is flat.
  Fills(const Tables& tables, double sells, double buys, bool is_flat, Stretches& out)
      : tables_(tables),
        buys_{sells, buys},
        out_(out),
        held_(is_flat ? &none_ : &out.all[out.count - 1]) {}

  // At the open of the bar; behind it a long is held, a short, or none.
  void add(std::size_t bar, bool is_long, bool is_short) {
    const double open = tables_.row(bar).open;
    held_->end = static_cast<std::uint32_t>(bar);
    held_->closes = true;
    held_->exit = open * buys_[held_->is_short ? 1 : 0];
    Stretch& next = out_.all[out_.count];
    next = {static_cast<std::uint32_t>(bar), 0, true, false, false, is_short,
            open * buys_[is_short ? 0 : 1],  0, 0,    0};
    const bool opens = is_long || is_short;
    out_.count += opens ? 1 : 0;
    held_ = opens ? &next : &none_;
  }
  // Null when it is flat.
  const Stretch* held() const { return held_ == &none_ ? nullptr : held_; }

 private:
  const Tables& tables_;
  const double buys_[2];  // what selling and buying makes of a price
  Stretches& out_;
  Stretch none_;  // is closed where nothing else is: no branch
  Stretch* held_;
};

}  // namespace

// Likewise on both sides.
void Edges::follow_sides(const BlockSignals& signals, std::size_t block_begin, std::size_t end,
                         Stretches& out) {
  const bool holds = enters_ || (!flat() && !exits_);  // once what is ordered is filled
  const Side side = enters_ ? enters_side_ : side_;
  const std::size_t from = holds ? bar_ : std::min(end, std::max(bar_, entries_from_));
  const std::size_t to = std::min(end, tables_->span().end - 1);
  SideLatches latches{signals.entry_long,
                      signals.exit_long,
                      signals.entry_short,
                      signals.exit_short,
                      from - block_begin,
                      to - block_begin,
                      holds && side == Side::long_side,
                      holds && side == Side::short_side};
  Fills fills(*tables_, sells_, buys_, flat(), out);
  if (enters_ || exits_) fills.add(bar_, latches.holds_long, latches.holds_short);
  std::uint32_t* const bars = out.fills.data();
  std::size_t count = lanes().follow_sides(latches, bars, out.longs.data(), out.shorts.data());
  // A fill behind the block's last bar is the next block's.
  const bool later = count > 0 && block_begin + bars[count - 1] + 1 == end;
  count -= later ? 1 : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t word = bars[i] / kWordBars;
    fills.add(block_begin + bars[i] + 1, has_bit(out.longs[word], bars[i]),
              has_bit(out.shorts[word], bars[i]));
  }
  const Stretch* const held = fills.held();
  entry_ = held == nullptr ? 0 : held->entry;
  side_ = held != nullptr && held->is_short ? Side::short_side : Side::long_side;
  exits_ = later && !flat();
  enters_ = later && (latches.holds_long || latches.holds_short);
  enters_side_ = latches.holds_long ? Side::long_side : Side::short_side;
  end_latch(end, out);
}

void Edges::follow(const BlockSignals& signals, std::size_t block, Stretches& out) {
  const std::size_t block_begin = block * kBlockBars;
  const std::size_t end = std::min(block_begin + kBlockBars, tables_->span().end);
  out.count = 0;
  if (!flat()) {
    Stretch& stretch = out.all[out.count++];
    stretch = {};
    stretch.begin = static_cast<std::uint32_t>(bar_);
    stretch.is_short = side_ == Side::short_side;
    stretch.entry = entry_;
  }
  if (is_latch_) {
    return is_long_only_ ? follow_latch(signals, block_begin, end, out)
                         : follow_sides(signals, block_begin, end, out);
  }
  out.orders.read(signals, end - block_begin);
  while (bar_ < end) {
    if (exits_) {
      exits_ = false;
      close_at_open(bar_, out);
    }
    if (shares_touches_ && flat()) return follow_touches(block_begin, end, out);
    if (enters_) {
      enters_ = false;
      open(enters_side_, out);
    }
    if (flat()) {
      follow_flat(out.orders, block_begin, end);
    } else {
      follow_held(block_begin, end, out);
    }
  }
}

}  // namespace mendel::kernel
