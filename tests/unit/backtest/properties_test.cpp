// Properties of the plain loop over random bars, signals and rules with every feature on and off.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "shared/backtest/simulation.hpp"
#include "shared/base/rng.hpp"
#include "shared/base/time.hpp"
#include "shared/market/bar.hpp"
#include "shared/strategy/measures.hpp"

namespace mendel::backtest {
namespace {

constexpr std::size_t kBars = 240;
constexpr std::uint32_t kCases = 600;
constexpr std::int64_t kBarLength = kNsPerDay / 4;
constexpr std::int64_t kPeriod = 3;

class Case {
 public:
  explicit Case(std::uint32_t number) : draws_(20261122, 0, 0, number, Purpose::sample) {
    series_.symbol = "X";
    extend(series_, kBars);
    for (auto* signal :
         {&signals_.entry_long, &signals_.exit_long, &signals_.entry_short, &signals_.exit_short}) {
      for (std::size_t i = 0; i < kBars; ++i) signal->push_back(draws_.below(6) == 0);
    }
    draw_rules();
  }

  const Rules& rules() const { return rules_; }

  // The bars before `cut`, then others; only signals before it are kept.
  SleeveOutcome run(std::size_t end, std::size_t cut) {
    market::Series series = series_;
    if (cut < kBars) {
      series = {};
      series.symbol = "X";
      for (std::size_t i = 0; i < cut; ++i) series.push(series_.bar(i));
      extend(series, kBars - cut);
    }
    strategy::Signals signals = signals_;
    signals.atr = strategy::average_true_range(series.view(), kPeriod);
    signals.daily_volatility = strategy::daily_volatility(series.view(), kPeriod, kBarLength);
    return simulate(series.view(), signals, rules_, {8, 20, end}, 1000);
  }

 private:
  bool coin() { return draws_.below(2) == 0; }
  double on_or_off(double most) { return coin() ? 0 : most * draws_.unit(); }

  // A random walk of at least one bar's hole now and then.
  void extend(market::Series& series, std::size_t count) {
    std::int64_t time = series.time_ns.empty() ? 0 : series.time_ns.back() + kBarLength;
    double price = series.close.empty() ? 100 : series.close.back();
    for (std::size_t i = 0; i < count; ++i) {
      if (draws_.below(20) == 0) time += kBarLength * static_cast<std::int64_t>(draws_.below(6));
      market::Bar bar;
      bar.time_ns = time;
      bar.open = price * (0.97 + 0.06 * draws_.unit());
      bar.close = bar.open * (0.95 + 0.1 * draws_.unit());
      bar.high = std::max(bar.open, bar.close) * (1 + 0.03 * draws_.unit());
      bar.low = std::min(bar.open, bar.close) * (1 - 0.03 * draws_.unit());
      bar.volume = 1;
      price = bar.close;
      time += kBarLength;
      series.push(bar);
    }
  }

  void draw_rules() {
    rules_.bar_length_ns = kBarLength;
    rules_.risk.stop_loss = on_or_off(0.1);
    rules_.risk.take_profit = on_or_off(0.1);
    rules_.risk.trailing_stop = on_or_off(0.1);
    rules_.risk.stop_loss_atr = on_or_off(3);
    rules_.risk.take_profit_atr = on_or_off(3);
    rules_.risk.trailing_stop_atr = on_or_off(3);
    rules_.risk.atr_period = kPeriod;
    rules_.risk.volatility_days = kPeriod;
    rules_.risk.max_holding_bars = static_cast<std::int64_t>(draws_.below(12));
    rules_.risk.cool_down_bars = static_cast<std::int64_t>(draws_.below(4));
    rules_.size = static_cast<strategy::Size>(draws_.below(4));
    constexpr double kMost[] = {1500, 9000, 20, 300};
    rules_.risk.size = kMost[static_cast<std::size_t>(rules_.size)] * draws_.unit();
    rules_.limits = {coin() ? 1 : 20 * draws_.unit(), coin() ? 0.0 : 0.5, on_or_off(300)};
    rules_.fill = coin() ? strategy::Fill::next_open : strategy::Fill::close;
    rules_.max_gap_bars = static_cast<std::int64_t>(draws_.below(4));
    rules_.costs = {on_or_off(0.01), on_or_off(0.01), on_or_off(0.001), on_or_off(0.002) - 0.001};
  }

  Draws draws_;
  market::Series series_;
  strategy::Signals signals_;
  Rules rules_;
};

TEST(Properties, TheFutureChangesNothingBeforeTheCut) {
  for (std::uint32_t number = 0; number < kCases; ++number) {
    Case one(number);
    const std::size_t cut = 60 + number % 150;
    const SleeveOutcome whole = one.run(kBars, kBars);
    const SleeveOutcome scrambled = one.run(kBars, cut);
    const SleeveOutcome short_one = one.run(cut, cut);
    // A hole behind a bar is known there by definition (max_gap_bars), the window's end too.
    const std::size_t same = cut - 8 - 1;
    for (std::size_t bar = 0; bar < same; ++bar) {
      ASSERT_EQ(whole.equity[bar], scrambled.equity[bar]) << "case " << number << " bar " << bar;
      ASSERT_EQ(whole.equity[bar], short_one.equity[bar]) << "case " << number << " bar " << bar;
      ASSERT_EQ(whole.held[bar], short_one.held[bar]) << "case " << number << " bar " << bar;
    }
  }
}

TEST(Properties, ProfitsAddUpToTheChangeOfEquity) {
  int trades = 0;
  int ruined = 0;
  for (std::uint32_t number = 0; number < kCases; ++number) {
    Case one(number);
    const SleeveOutcome out = one.run(kBars, kBars);
    trades += static_cast<int>(out.trades.size());
    ruined += out.ruined ? 1 : 0;
    double profits = 0;
    for (const Trade& trade : out.trades) profits += trade.profit;
    ASSERT_NEAR(out.equity.back(), 1000 + profits, 1e-6) << "case " << number;
  }
  EXPECT_GT(trades, 5000);
  EXPECT_GT(ruined, 0);
}

TEST(Properties, NoEntryExceedsItsLimits) {
  for (std::uint32_t number = 0; number < kCases; ++number) {
    Case one(number);
    const Rules& rules = one.rules();
    for (const Trade& trade : one.run(kBars, kBars).trades) {
      const double notional = trade.quantity * trade.entry_price;
      const double most = rules.limits.max_leverage * trade.equity_at_entry;
      ASSERT_LE(notional * (1 + rules.costs.fee), most * (1 + 1e-9)) << "case " << number;
      ASSERT_GE(notional, rules.limits.min_notional) << "case " << number;
      if (rules.limits.lot_step > 0) {
        const double lots = trade.quantity / rules.limits.lot_step;
        ASSERT_EQ(lots, std::floor(lots)) << "case " << number;
      }
    }
  }
}

}  // namespace
}  // namespace mendel::backtest
