#include "shared/strategy/program.hpp"

#include "shared/base/check.hpp"
#include "shared/strategy/columns.hpp"
#include "shared/strategy/evaluation.hpp"
#include "shared/strategy/measures.hpp"

namespace mendel::strategy {
namespace {

std::vector<std::uint8_t> bits_of(const ExpressionPtr& expression, std::size_t bars,
                                  Columns& columns) {
  if (!expression) return {};
  const Truths truths = columns.of(*expression).truths;
  std::vector<std::uint8_t> bits(bars);
  for (std::size_t i = 0; i < bars; ++i) bits[i] = truths[i] == Truth::yes ? 1 : 0;
  return bits;
}

}  // namespace

Signals run_signals(const Experiment& experiment, const Genome& genome,
                    std::span<const market::SeriesView> market, std::size_t symbol) {
  check(genome.size() == experiment.genes.size(), "a genome has one value per gene");
  check(symbol < market.size(), "the symbol is one of the market");
  Columns columns(experiment.genes, genome, {market, experiment.data.timeframe.length_ns}, symbol);
  const StrategySettings& strategy = experiment.strategy;
  const auto bits = [&](const ExpressionPtr& expression) {
    return bits_of(expression, market[symbol].size(), columns);
  };
  Signals signals{bits(strategy.entry_long),
                  bits(strategy.exit_long),
                  bits(strategy.entry_short),
                  bits(strategy.exit_short),
                  {},
                  {}};
  add_measures(experiment, genome, market[symbol], signals);
  return signals;
}

void add_measures(const Experiment& experiment, const Genome& genome,
                  const market::SeriesView& series, Signals& signals) {
  const RiskValues risk = risk_values(experiment, genome);
  if (risk.uses_atr()) signals.atr = average_true_range(series, risk.atr_period);
  if (risk.volatility_days > 0) {
    signals.daily_volatility =
        daily_volatility(series, risk.volatility_days, experiment.data.timeframe.length_ns);
  }
}

Signals run_signals(const Experiment& experiment, const Genome& genome,
                    const market::SeriesView& series) {
  return run_signals(experiment, genome, {&series, 1}, 0);
}

RiskValues risk_values(const Experiment& experiment, const Genome& genome) {
  check(genome.size() == experiment.genes.size(), "a genome has one value per gene");
  const auto value = [&](const ExpressionPtr& expression, double fallback) {
    return expression ? evaluate_number(*expression, experiment.genes, genome) : fallback;
  };
  const RiskSettings& risk = experiment.risk;
  const auto count = [&](const ExpressionPtr& expression) {
    return static_cast<std::int64_t>(value(expression, 0));
  };
  RiskValues values;
  values.size = value(risk.size_value, 100);
  values.stop_loss = value(risk.stop_loss, 0);
  values.take_profit = value(risk.take_profit, 0);
  values.trailing_stop = value(risk.trailing_stop, 0);
  values.stop_loss_atr = value(risk.stop_loss_atr, 0);
  values.take_profit_atr = value(risk.take_profit_atr, 0);
  values.trailing_stop_atr = value(risk.trailing_stop_atr, 0);
  values.atr_period = count(risk.atr_period);
  values.volatility_days = count(risk.volatility_days);
  values.max_holding_bars = count(risk.max_holding_bars);
  values.cool_down_bars = count(risk.cool_down_bars);
  return values;
}

}  // namespace mendel::strategy
