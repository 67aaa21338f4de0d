#include "shared/backtest/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "shared/backtest/levels.hpp"
#include "shared/backtest/sizing.hpp"
#include "shared/base/check.hpp"
#include "shared/market/holes.hpp"

namespace mendel::backtest {
namespace {

// What the last close ordered for the next open.
struct Orders {
  std::optional<ExitReason> exit;
  std::optional<Side> entry;
};

class Sleeve {
 public:
  Sleeve(const market::SeriesView& series, const strategy::Signals& signals, const Rules& rules,
         Span span, double equity)
      : series_(series),
        signals_(signals),
        rules_(rules),
        span_(span),
        account_(std::string(series.symbol), equity, rules.costs),
        entries_from_(span.first_tradable) {}

  SleeveOutcome run() {
    SleeveOutcome out;
    const std::size_t bars = span_.end - span_.begin;
    out.equity.reserve(bars);
    out.held.reserve(bars);
    out.carried.reserve(bars);
    for (std::size_t bar = span_.begin; bar < span_.end; ++bar) {
      at_open(bar);
      inside(bar);
      out.held.push_back(account_.flat() ? 0 : 1);
      at_close(bar);
      out.carried.push_back(account_.flat() ? 0 : 1);
      out.equity.push_back(account_.equity_at(series_.close[bar]));
    }
    out.trades = account_.take_trades();
    out.ruined = account_.ruined();
    return out;
  }

 private:
  Moment moment(std::size_t bar) const { return {bar, series_.time_ns[bar]}; }

  static bool on(const std::vector<std::uint8_t>& signal, std::size_t bar) {
    return !signal.empty() && signal[bar] != 0;
  }

  // Entry and exit true on one bar: no entry. Both entries true: no entry.
  bool enters(Side side, std::size_t bar) const {
    const bool to_long = on(signals_.entry_long, bar) && !on(signals_.exit_long, bar);
    const bool to_short = on(signals_.entry_short, bar) && !on(signals_.exit_short, bar);
    if (on(signals_.entry_long, bar) && on(signals_.entry_short, bar)) return false;
    return side == Side::long_side ? to_long : to_short;
  }

  void closed(std::size_t bar) {
    levels_ = {};
    entries_from_ =
        bar + static_cast<std::size_t>(std::max<std::int64_t>(0, rules_.risk.cool_down_bars));
  }

  // Borrow and funding of the time since they were last paid.
  void accrue(std::int64_t to_ns, double price) {
    if (to_ns <= paid_until_ns_) return;
    account_.accrue(paid_until_ns_, to_ns, price);
    paid_until_ns_ = to_ns;
  }

  std::int64_t end_of(std::size_t bar) const { return series_.time_ns[bar] + rules_.bar_length_ns; }

  // (1) Holding costs up to this open, then exits, then entries.
  void at_open(std::size_t bar) {
    if (!account_.flat()) accrue(series_.time_ns[bar], series_.close[bar - 1]);
    if (rules_.fill == strategy::Fill::next_open) fill_orders(bar, series_.open[bar]);
  }

  void fill_orders(std::size_t bar, double price) {
    if (orders_.exit && !account_.flat()) {
      account_.exit_market(price, *orders_.exit, moment(bar));
      closed(bar);
    }
    if (orders_.entry) enter(*orders_.entry, bar, price);
    orders_ = {};
  }

  void enter(Side side, std::size_t bar, double price) {
    if (account_.ruined()) return;
    const bool at_close = rules_.fill == strategy::Fill::close;
    const std::size_t signal = at_close ? bar : bar - 1;
    const strategy::RiskValues& risk = rules_.risk;
    const double atr = risk.uses_atr() ? signals_.atr[signal] : 0;
    if (std::isnan(atr)) return;
    Entry entry;
    entry.side = side;
    entry.fill = account_.entry_fill(side, price);
    entry.equity = account_.equity_at(price);
    const Levels levels = levels_from(side, entry.fill, risk, atr);
    entry.stop = levels.stop;
    if (rules_.size == strategy::Size::volatility_target) {
      entry.volatility = signals_.daily_volatility[signal] * std::sqrt(rules_.periods_per_year);
    }
    const double quantity =
        quantity_of({rules_.size, risk.size, rules_.limits}, entry, rules_.costs);
    if (!(quantity > 0)) return;
    account_.enter(side, quantity, entry.fill, moment(bar));
    levels_ = levels;
    paid_until_ns_ = at_close ? end_of(bar) : series_.time_ns[bar];
  }

  // (2) Levels and ruin. The worse comes first: a gap, the stop, ruin, then the target.
  void inside(std::size_t bar) {
    if (account_.flat()) return;
    const Side side = account_.position()->side;
    const double low = series_.low[bar];
    const double high = series_.high[bar];
    std::optional<Touch> touch = opens_beyond(levels_, side, series_.open[bar]);
    if (!touch) touch = touches_stop(levels_, side, low, high);
    const double worst = side == Side::long_side ? low : high;
    if (!touch && !(account_.equity_at(worst) > 0)) {
      account_.ruin(worst, moment(bar));
      return closed(bar);
    }
    if (!touch) touch = touches_target(levels_, side, low, high);
    if (!touch) return follow(levels_, side, low, high);
    if (touch->reason == ExitReason::stop) {
      account_.exit_market(touch->price, touch->reason, moment(bar));
    } else {
      account_.exit_limit(touch->price, touch->reason, moment(bar));
    }
    closed(bar);
  }

  // (3) Forced closes, then signals.
  void at_close(std::size_t bar) {
    const bool last = bar + 1 == span_.end;
    const bool stops_here = last || hole_follows(bar);
    if (!account_.flat() && stops_here) {
      accrue(end_of(bar), series_.close[bar]);
      account_.exit_market(series_.close[bar], last ? ExitReason::end : ExitReason::gap,
                           moment(bar));
      closed(bar);
    }
    if (last || bar < span_.first_tradable) return;
    if (account_.flat()) {
      order_entry(bar);
    } else {
      order_exit(bar);
    }
    if (rules_.fill == strategy::Fill::close) fill_at_close(bar, stops_here);
  }

  // The optimistic fill: at the close that signalled. A position before a hole that it must not
  // span is not opened.
  void fill_at_close(std::size_t bar, bool stops_here) {
    const double close = series_.close[bar];
    if (stops_here) orders_ = {};
    if (!account_.flat() && orders_.exit) accrue(end_of(bar), close);
    fill_orders(bar, close);
    if (!account_.flat() && !(account_.equity_at(close) > 0)) {
      account_.ruin(close, moment(bar));
      closed(bar);
    }
  }

  bool hole_follows(std::size_t bar) const {
    if (rules_.max_gap_bars <= 0) return false;
    return market::missing_bars(series_.time_ns[bar], series_.time_ns[bar + 1],
                                rules_.bar_length_ns) > rules_.max_gap_bars;
  }

  void order_entry(std::size_t bar) {
    if (bar < entries_from_) return;  // cooling down
    if (enters(Side::long_side, bar)) orders_.entry = Side::long_side;
    if (enters(Side::short_side, bar)) orders_.entry = Side::short_side;
  }

  // A reversal is one order: the cool-down does not delay it.
  void order_exit(std::size_t bar) {
    const Position& held = *account_.position();
    const bool is_long = held.side == Side::long_side;
    const Side opposite = is_long ? Side::short_side : Side::long_side;
    const std::size_t first_held = held.entry_bar + (rules_.fill == strategy::Fill::close ? 1 : 0);
    const auto bars_held = static_cast<std::int64_t>(bar + 1 - first_held);
    if (enters(opposite, bar)) {
      orders_ = {ExitReason::reversal, opposite};
    } else if (on(is_long ? signals_.exit_long : signals_.exit_short, bar)) {
      orders_.exit = ExitReason::signal;
    } else if (rules_.risk.max_holding_bars > 0 && bars_held >= rules_.risk.max_holding_bars) {
      orders_.exit = ExitReason::holding;
    }
  }

  const market::SeriesView& series_;
  const strategy::Signals& signals_;
  const Rules& rules_;
  Span span_;
  Account account_;
  Levels levels_;
  Orders orders_;
  std::int64_t paid_until_ns_ = 0;  // holding costs of the position
  std::size_t entries_from_;        // the first close whose entry signals count
};

}  // namespace

SleeveOutcome simulate(const market::SeriesView& series, const strategy::Signals& signals,
                       const Rules& rules, Span span, double equity) {
  check(span.begin <= span.first_tradable && span.first_tradable < span.end &&
            span.end <= series.size() && rules.bar_length_ns > 0,
        "a sleeve needs tradable bars and a timeframe");
  check(!rules.risk.uses_atr() || signals.atr.size() == series.size(),
        "levels of ATR multiples need the ATR of every bar");
  check(rules.size != strategy::Size::volatility_target ||
            signals.daily_volatility.size() == series.size(),
        "a volatility target needs the volatility of every bar");
  return Sleeve(series, signals, rules, span, equity).run();
}

}  // namespace mendel::backtest
