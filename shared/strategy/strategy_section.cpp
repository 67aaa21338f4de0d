#include <fmt/format.h>

#include <algorithm>

#include "shared/strategy/sections.hpp"

namespace mendel::strategy {
namespace {

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

// next_open unless somebody asks for the optimistic one.
void read_fill(Draft& draft, const Section& section, StrategySettings& strategy) {
  std::string text = "next_open";
  section.text("fill", text);
  const std::vector<std::string> known = {"next_open", "close"};
  const auto found = std::find(known.begin(), known.end(), text);
  if (found == known.end()) {
    return section.refuse(
        "fill", fmt::format("is '{}'{}", text.substr(0, 40), config::suggestion(text, known)));
  }
  if (draft.ok()) strategy.fill = static_cast<Fill>(found - known.begin());
}

}  // namespace

StrategySettings read_strategy(Draft& draft, Formulas& formulas) {
  const Section section(draft, "strategy",
                        {"direction", "fill", "let", "entry_long", "exit_long", "entry_short",
                         "exit_short", "constraints"});
  StrategySettings strategy;
  read_direction(draft, section, strategy);
  read_fill(draft, section, strategy);
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

void check_exits(Draft& draft, const Experiment& experiment) {
  const StrategySettings& strategy = experiment.strategy;
  const RiskSettings& risk = experiment.risk;
  if (strategy.direction == Direction::both) return;  // the opposite entry is a way out
  for (const ExpressionPtr& way_out :
       {risk.stop_loss, risk.take_profit, risk.trailing_stop, risk.stop_loss_atr,
        risk.take_profit_atr, risk.trailing_stop_atr, risk.max_holding_bars}) {
    if (way_out) return;
  }
  const bool is_long = strategy.direction == Direction::long_only;
  if (is_long ? strategy.exit_long : strategy.exit_short) return;
  const config::Value* section = draft.root().find("strategy");
  draft.refuse(section ? section->place : config::Place{1, 1},
               fmt::format("nothing ends a position: add '{}' to [strategy], or stop_loss, "
                           "trailing_stop, take_profit or max_holding_bars to [risk]",
                           is_long ? "exit_long" : "exit_short"));
}

void check_genes_used(Draft& draft, const Experiment& experiment) {
  std::vector<bool> used(experiment.genes.size(), false);
  const StrategySettings& strategy = experiment.strategy;
  std::vector<ExpressionPtr> terms = experiment.risk.terms();
  for (const ExpressionPtr& signal :
       {strategy.entry_long, strategy.exit_long, strategy.entry_short, strategy.exit_short}) {
    terms.push_back(signal);
  }
  for (const ExpressionPtr& term : terms) {
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
