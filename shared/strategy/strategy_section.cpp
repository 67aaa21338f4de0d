#include <fmt/format.h>

#include <algorithm>

#include "shared/strategy/sections.hpp"

namespace mendel::strategy {
namespace {

constexpr double kBarsMax = 1e9;
constexpr double kMoneyMax = 1e15;

void read_direction(Draft& draft, const Section& section, StrategySettings& strategy) {
  std::string text = "long";
  section.text("direction", text);
  const std::vector<std::string> known = {"long", "short", "both"};
  const auto found = std::find(known.begin(), known.end(), text);
  if (found == known.end()) {
    return section.refuse(
        "direction", fmt::format("is '{}'{}", text.substr(0, 40), config::suggestion(text, known)));
  }
  if (draft.ok()) strategy.direction = static_cast<Direction>(found - known.begin());
}

struct SignalKeys {
  std::string_view side, entry, exit;
  Direction unused_for;
  ExpressionPtr StrategySettings::*entry_term;
  ExpressionPtr StrategySettings::*exit_term;
};

void read_side(const Section& section, Formulas& formulas, const SignalKeys& keys,
               StrategySettings& strategy) {
  if (strategy.direction == keys.unused_for) {
    for (const std::string_view key : {keys.entry, keys.exit}) {
      if (section.find(key)) {
        section.refuse(key, fmt::format("has no effect with direction = \"{}\"; remove it, or set "
                                        "direction = \"both\"",
                                        keys.side == "long" ? "short" : "long"));
      }
    }
    return;
  }
  if (const config::Value* value = section.need(keys.entry)) {
    strategy.*keys.entry_term = formulas.signal(*value);
  }
  if (const config::Value* value = section.find(keys.exit)) {
    strategy.*keys.exit_term = formulas.signal(*value);
  }
}

void read_size(Draft& draft, const Section& section, Formulas& formulas, RiskSettings& risk) {
  const config::Value* size = section.find("size");
  config::Value fallback = config::Value::table();
  fallback.set("percent_of_equity", config::Value(100));
  if (!size) size = &fallback;
  if (!size->is_table() || size->entries().size() != 1) {
    return section.refuse("size", "must be { percent_of_equity = 100 } or { money = 1000 }");
  }
  const Section table(draft, *size, "risk.size", {"percent_of_equity", "money"});
  if (const config::Value* percent = size->find("percent_of_equity")) {
    risk.size = RiskSettings::Size::percent_of_equity;
    risk.size_value = formulas.constant(*percent, "percent_of_equity", {0, false, 100, false});
  } else if (const config::Value* money = size->find("money")) {
    risk.size = RiskSettings::Size::money;
    risk.size_value = formulas.constant(*money, "money", {0, false, kMoneyMax, false});
  }
}

}  // namespace

StrategySettings read_strategy(Draft& draft, Formulas& formulas) {
  const Section section(
      draft, "strategy",
      {"direction", "let", "entry_long", "exit_long", "entry_short", "exit_short", "constraints"});
  StrategySettings strategy;
  read_direction(draft, section, strategy);
  using Settings = StrategySettings;
  read_side(section, formulas,
            {"long", "entry_long", "exit_long", Direction::short_only, &Settings::entry_long,
             &Settings::exit_long},
            strategy);
  read_side(section, formulas,
            {"short", "entry_short", "exit_short", Direction::long_only, &Settings::entry_short,
             &Settings::exit_short},
            strategy);
  for (const config::Value* value : section.texts("constraints", kConstraintsMax)) {
    strategy.constraints.push_back(formulas.constraint(*value));
  }
  return strategy;
}

RiskSettings read_risk(Draft& draft, Formulas& formulas) {
  const Section section(
      draft, "risk",
      {"size", "stop_loss", "take_profit", "max_holding_bars", "cool_down_bars", "max_gap_bars"});
  RiskSettings risk;
  read_size(draft, section, formulas, risk);
  const auto level = [&](std::string_view key, const Bounds& bounds) -> ExpressionPtr {
    const config::Value* value = section.find(key);
    ExpressionPtr term = value ? formulas.constant(*value, key, bounds) : nullptr;
    const bool off = term && term->op == Op::number && term->number == 0;
    return off ? nullptr : term;
  };
  risk.stop_loss = level("stop_loss", {0, true, 1, false});
  risk.take_profit = level("take_profit", {0, true, 1000, false});
  risk.max_holding_bars = level("max_holding_bars", {0, true, kBarsMax, true});
  risk.cool_down_bars = level("cool_down_bars", {0, true, kBarsMax, true});
  section.whole("max_gap_bars", risk.max_gap_bars, 0, static_cast<std::int64_t>(kBarsMax));
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

void check_exits(Draft& draft, const Experiment& experiment) {
  const StrategySettings& strategy = experiment.strategy;
  const RiskSettings& risk = experiment.risk;
  if (strategy.direction == Direction::both) return;  // the opposite entry is a way out
  if (risk.stop_loss || risk.take_profit || risk.max_holding_bars) return;
  const bool is_long = strategy.direction == Direction::long_only;
  if (is_long ? strategy.exit_long : strategy.exit_short) return;
  const config::Value* section = draft.root().find("strategy");
  draft.refuse(section ? section->place : config::Place{1, 1},
               fmt::format("nothing ends a position: add '{}' to [strategy], or stop_loss, "
                           "take_profit or max_holding_bars to [risk]",
                           is_long ? "exit_long" : "exit_short"));
}

void check_genes_used(Draft& draft, const Experiment& experiment) {
  std::vector<bool> used(experiment.genes.size(), false);
  const StrategySettings& strategy = experiment.strategy;
  const RiskSettings& risk = experiment.risk;
  for (const ExpressionPtr& term : {strategy.entry_long, strategy.exit_long, strategy.entry_short,
                                    strategy.exit_short, risk.size_value, risk.stop_loss,
                                    risk.take_profit, risk.max_holding_bars, risk.cool_down_bars}) {
    if (term) mark_genes(*term, used);
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) continue;
    draft.refuse(
        experiment.genes[i].place,
        fmt::format("gene '{}' is never used by a signal or by [risk]; use it or remove it",
                    experiment.genes[i].name));
  }
}

}  // namespace mendel::strategy
