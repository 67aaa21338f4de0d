#include "shared/backtest/simulation.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "shared/backtest/levels.hpp"
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

  // (1) Holding costs up to this open, then exits, then entries.
  void at_open(std::size_t bar) {
    if (!account_.flat()) {
      account_.accrue(series_.time_ns[bar - 1], series_.time_ns[bar], series_.close[bar - 1]);
      if (orders_.exit) {
        account_.exit_market(series_.open[bar], *orders_.exit, moment(bar));
        closed(bar);
      }
    }
    if (orders_.entry) enter(*orders_.entry, bar);
    orders_ = {};
  }

  void enter(Side side, std::size_t bar) {
    account_.enter(side, {rules_.size_is_money, rules_.risk.size}, series_.open[bar], moment(bar));
    if (account_.flat()) return;
    levels_ = levels_from(side, account_.position()->entry_price, rules_.risk.stop_loss,
                          rules_.risk.take_profit);
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
    if (!touch) return;
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
    if (!account_.flat() && (last || hole_follows(bar))) {
      const std::int64_t opened = series_.time_ns[bar];
      account_.accrue(opened, opened + rules_.bar_length_ns, series_.close[bar]);
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
    const auto bars_held = static_cast<std::int64_t>(bar - held.entry_bar + 1);
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
  std::size_t entries_from_;  // the first close whose entry signals count
};

}  // namespace

SleeveOutcome simulate(const market::SeriesView& series, const strategy::Signals& signals,
                       const Rules& rules, Span span, double equity) {
  check(span.begin <= span.first_tradable && span.first_tradable < span.end &&
            span.end <= series.size() && rules.bar_length_ns > 0,
        "a sleeve needs tradable bars and a timeframe");
  return Sleeve(series, signals, rules, span, equity).run();
}

}  // namespace mendel::backtest
