// [account], [risk] and [costs]: money, how much of it a position takes, and what ends it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "shared/strategy/expression.hpp"
#include "shared/strategy/sections.hpp"

namespace mendel::strategy {
namespace {

constexpr double kBarsMax = 1e9;
constexpr double kMoneyMax = 1e15;
constexpr double kLeverageMax = 100;
constexpr double kMultipleMax = 1000;          // of an ATR
constexpr double kVolatilityDaysMax = 10'000;  // 27 years
constexpr double kVolatilityMax = 1000;        // percent a year
constexpr int kAtrPeriod = 14;                 // Wilder's
constexpr int kVolatilityDays = 20;            // a month of sessions

void read_size(Draft& draft, const Section& section, Formulas& formulas, double max_leverage,
               RiskSettings& risk) {
  const config::Value* size = section.find("size");
  config::Value fallback = config::Value::table();
  fallback.set("percent_of_equity", config::Value(100));
  if (!size) size = &fallback;
  if (!size->is_table() || size->entries().size() != 1) {
    return section.refuse("size",
                          "must be one of { percent_of_equity = 100 }, { money = 1000 }, { "
                          "risk_percent = 1 } and { volatility_target = 20 }");
  }
  const Section table(draft, *size, "risk.size", {std::begin(kSizeNames), std::end(kSizeNames)});
  const std::array<double, std::size(kSizeNames)> most = {100 * max_leverage, kMoneyMax, 100,
                                                          kVolatilityMax};
  for (std::size_t i = 0; i < most.size(); ++i) {
    const config::Value* value = size->find(kSizeNames[i]);
    if (!value) continue;
    risk.size = static_cast<Size>(i);
    risk.size_value = formulas.constant(*value, kSizeNames[i], {0, false, most[i], false});
  }
}

// The levels that are on, and the settings that only some of them read.
class RiskReader {
 public:
  RiskReader(Draft& draft, const Section& section, Formulas& formulas)
      : draft_(draft), section_(section), formulas_(formulas) {}

  ExpressionPtr level(std::string_view key, const Bounds& bounds) const {
    const config::Value* value = section_.find(key);
    ExpressionPtr term = value ? formulas_.constant(*value, key, bounds) : nullptr;
    const bool off = term && term->op == Op::number && term->number == 0;
    return off ? nullptr : term;
  }

  // A setting that must not be given unless something reads it; then it has a default.
  ExpressionPtr detail(std::string_view key, int fallback, const Bounds& bounds, bool is_read,
                       std::string_view reader) const {
    const config::Value* value = section_.find(key);
    if (!is_read) {
      if (value) {
        section_.refuse(key, fmt::format("has no effect without {}; remove it", reader));
      }
      return nullptr;
    }
    return formulas_.constant(value ? *value : config::Value(fallback), key, bounds);
  }

  // A size that divides by the distance of the stop needs one for every genome.
  void check_stop(const RiskSettings& risk) const {
    if (!draft_.ok() || risk.size != Size::risk_percent) return;
    for (const ExpressionPtr& stop :
         {risk.stop_loss, risk.trailing_stop, risk.stop_loss_atr, risk.trailing_stop_atr}) {
      if (stop && stop->range.least > 0) return;
    }
    section_.refuse("size",
                    "{ risk_percent } needs a stop: set stop_loss, stop_loss_atr, trailing_stop or "
                    "trailing_stop_atr to what is above 0 for every genome");
  }

 private:
  Draft& draft_;
  const Section& section_;
  Formulas& formulas_;
};

}  // namespace

void read_account(Draft& draft, double& equity, AccountLimits& limits) {
  const Section section(draft, "account", {"equity", "max_leverage", "lot_step", "min_notional"});
  section.number("equity", equity, 1e-6, 1e15);
  section.number("max_leverage", limits.max_leverage, 0.01, kLeverageMax);
  section.number("lot_step", limits.lot_step, 0, kMoneyMax);
  section.number("min_notional", limits.min_notional, 0, kMoneyMax);
}

RiskSettings read_risk(Draft& draft, Formulas& formulas, double max_leverage) {
  const Section section(draft, "risk",
                        {"size", "volatility_days", "stop_loss", "take_profit", "trailing_stop",
                         "stop_loss_atr", "take_profit_atr", "trailing_stop_atr", "atr_period",
                         "max_holding_bars", "cool_down_bars", "max_gap_bars"});
  const RiskReader reader(draft, section, formulas);
  RiskSettings risk;
  read_size(draft, section, formulas, max_leverage, risk);
  risk.volatility_days =
      reader.detail("volatility_days", kVolatilityDays, {2, true, kVolatilityDaysMax, true},
                    risk.size == Size::volatility_target, "size = { volatility_target = … }");
  risk.stop_loss = reader.level("stop_loss", {0, true, 1, false});
  risk.take_profit = reader.level("take_profit", {0, true, 1000, false});
  risk.trailing_stop = reader.level("trailing_stop", {0, true, 1, false});
  const Bounds multiple = {0, true, kMultipleMax, false};
  risk.stop_loss_atr = reader.level("stop_loss_atr", multiple);
  risk.take_profit_atr = reader.level("take_profit_atr", multiple);
  risk.trailing_stop_atr = reader.level("trailing_stop_atr", multiple);
  const bool uses_atr = risk.stop_loss_atr || risk.take_profit_atr || risk.trailing_stop_atr;
  risk.atr_period = reader.detail("atr_period", kAtrPeriod, {1, true, kPeriodMax, true}, uses_atr,
                                  "stop_loss_atr, take_profit_atr or trailing_stop_atr");
  risk.max_holding_bars = reader.level("max_holding_bars", {0, true, kBarsMax, true});
  risk.cool_down_bars = reader.level("cool_down_bars", {0, true, kBarsMax, true});
  section.whole("max_gap_bars", risk.max_gap_bars, 0, static_cast<std::int64_t>(kBarsMax));
  reader.check_stop(risk);
  return risk;
}

CostSettings read_costs(Draft& draft) {
  const Section section(draft, "costs",
                        {"fee_bps", "slippage_bps", "borrow_bps_per_day", "funding_bps_per_8h"});
  CostSettings costs;
  // Below 100 %: a price after slippage stays positive.
  section.number("fee_bps", costs.fee_bps, 0, 5000);
  section.number("slippage_bps", costs.slippage_bps, 0, 5000);
  section.number("borrow_bps_per_day", costs.borrow_bps_per_day, 0, 5000);
  section.number("funding_bps_per_8h", costs.funding_bps_per_8h, -5000, 5000);
  return costs;
}

}  // namespace mendel::strategy
