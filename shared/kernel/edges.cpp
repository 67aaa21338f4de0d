#include "shared/kernel/edges.hpp"

#include <algorithm>
#include <optional>

#include "shared/backtest/levels.hpp"

namespace mendel::kernel {
namespace {

using backtest::Side;

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

}  // namespace

bool trades_by(const backtest::Rules& rules) {
  const strategy::RiskValues& risk = rules.risk;
  const strategy::AccountLimits& limits = rules.limits;
  const bool all_in = rules.size == strategy::Size::percent_of_equity && limits.max_leverage >= 1 &&
                      (risk.size == 100 || (risk.size > 100 && limits.max_leverage == 1));
  const bool any_quantity = limits.lot_step == 0 && limits.min_notional == 0;
  const bool fixed_levels = risk.trailing_stop <= 0 && !risk.uses_atr();
  const bool free_holding = rules.costs.borrow_per_day == 0 && rules.costs.funding_per_8h == 0;
  return all_in && any_quantity && fixed_levels && free_holding &&
         rules.fill == strategy::Fill::next_open;
}

Edges::Edges(const Tables& tables, const backtest::Rules& rules)
    : tables_(&tables),
      rules_(&rules),
      bar_(tables.span().begin),
      entries_from_(tables.span().first_tradable),
      has_levels_(rules.risk.stop_loss > 0 || rules.risk.take_profit > 0) {}

void Edges::open(Stretches& out) {
  const strategy::RiskValues& risk = rules_->risk;
  entry_ = tables_->row(bar_).open * (1 + rules_->costs.slippage);
  levels_ = backtest::levels_from(Side::long_side, entry_, risk, 0);
  const bool bounded = risk.max_holding_bars > 0;
  last_bar_ = bounded ? bar_ + static_cast<std::size_t>(risk.max_holding_bars) - 1 : kNever;
  Stretch& stretch = out.all[out.count++];
  stretch = {};
  stretch.begin = static_cast<std::uint32_t>(bar_);
  stretch.opens = true;
  stretch.entry = entry_;
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
void Edges::follow_flat(const BlockSignals& signals, std::size_t block_begin, std::size_t end) {
  const std::size_t last_signal = std::min(end, tables_->span().end - 1);
  const std::size_t from = std::max(bar_, entries_from_);
  bar_ = end;
  if (from >= last_signal) return;
  const std::uint64_t* entry = signals.entry;
  const std::uint64_t* exit = signals.exit;
  const std::size_t to = last_signal - block_begin;
  const std::size_t found =
      exit == nullptr
          ? next_bit([&](std::size_t w) { return entry[w]; }, from - block_begin, to)
          : next_bit([&](std::size_t w) { return entry[w] & ~exit[w]; }, from - block_begin, to);
  if (found == to) return;
  enters_ = true;
  bar_ = block_begin + found + 1;
}

// A level reached before bar `end` ends the position; the bar of the touch is the next, flat.
bool Edges::touch(std::size_t end, Stretches& out) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::size_t bar = tables_->reaches().first(bar_, end, levels_.stop.value_or(-kInfinity),
                                                   levels_.target.value_or(kInfinity));
  if (bar == end) return false;
  const market::SeriesView& series = tables_->series();
  const double low = series.low[bar];
  const double high = series.high[bar];
  std::optional<backtest::Touch> touch =
      backtest::opens_beyond(levels_, Side::long_side, series.open[bar]);
  if (!touch) touch = backtest::touches_stop(levels_, Side::long_side, low, high);
  if (!touch) touch = backtest::touches_target(levels_, Side::long_side, low, high);
  const bool stopped = touch->reason == backtest::ExitReason::stop;
  close(stopped ? touch->price * (1 - rules_->costs.slippage) : touch->price, bar, out);
  bar_ = bar;
  return true;
}

// Up to the close that signals the exit, the touch of a level, a hole, or the block's end.
void Edges::follow_held(const BlockSignals& signals, std::size_t block_begin, std::size_t end,
                        Stretches& out) {
  const std::size_t last_signal = std::min(end, tables_->span().end - 1);
  std::size_t signal = last_signal;
  if (signals.exit != nullptr && bar_ < last_signal) {
    const auto exit = [&](std::size_t word) { return signals.exit[word]; };
    signal = block_begin + next_bit(exit, bar_ - block_begin, last_signal - block_begin);
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
    out.all[out.count - 1].end = static_cast<std::uint32_t>(behind);  // unless it closes here
    return;
  }
  const std::size_t last = behind - 1;
  close(tables_->row(last).close * (1 - rules_->costs.slippage), last, out);
  out.all[out.count - 1].at_close = true;
  // What that close signals counts like any other's.
  const std::size_t word = (last - block_begin) / kWordBars;
  const std::uint64_t bit = std::uint64_t{1} << ((last - block_begin) % kWordBars);
  const bool exit_too = signals.exit != nullptr && (signals.exit[word] & bit) != 0;
  enters_ = hole_first && last >= entries_from_ && (signals.entry[word] & bit) != 0 && !exit_too;
}

void Edges::follow(const BlockSignals& signals, std::size_t block, Stretches& out) {
  const std::size_t block_begin = block * kBlockBars;
  const std::size_t end = std::min(block_begin + kBlockBars, tables_->span().end);
  out.count = 0;
  if (!flat()) {
    out.all[out.count] = {};
    out.all[out.count++].begin = static_cast<std::uint32_t>(bar_);
  }
  while (bar_ < end) {
    if (exits_) {
      exits_ = false;
      close(tables_->row(bar_).open * (1 - rules_->costs.slippage), bar_, out);
    }
    if (enters_) {
      enters_ = false;
      open(out);
    }
    if (flat()) {
      follow_flat(signals, block_begin, end);
    } else {
      follow_held(signals, block_begin, end, out);
    }
  }
}

}  // namespace mendel::kernel
