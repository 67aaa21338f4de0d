#include "shared/backtest/engine.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include "shared/backtest/curve.hpp"
#include "shared/backtest/metrics_of.hpp"
#include "shared/backtest/simulation.hpp"
#include "shared/backtest/windows.hpp"
#include "shared/strategy/constraints.hpp"
#include "shared/strategy/program.hpp"

namespace mendel::backtest {
namespace {

using market::SeriesView;
using strategy::Experiment;

constexpr double kBasisPoint = 1e-4;

Costs costs_of(const strategy::CostSettings& settings, double factor) {
  Costs costs = {settings.fee_bps * kBasisPoint, settings.slippage_bps * kBasisPoint,
                 settings.borrow_bps_per_day * kBasisPoint,
                 settings.funding_bps_per_8h * kBasisPoint};
  costs.fee *= factor;
  costs.slippage *= factor;
  costs.borrow_per_day *= factor;
  costs.funding_per_8h *= factor;
  return costs;
}

Status check_series(const Experiment& experiment, const std::vector<SeriesView>& series) {
  if (series.size() != experiment.data.symbols.size()) {
    return configuration_error(fmt::format("the dataset has {} symbols, the experiment {}",
                                           series.size(), experiment.data.symbols.size()));
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series[i].symbol == experiment.data.symbols[i]) continue;
    return configuration_error(fmt::format("symbol {} of the dataset is {}, of the experiment {}",
                                           i + 1, series[i].symbol, experiment.data.symbols[i]));
  }
  return {};
}

// What makes results look better than they would be.
void note_optimism(const Experiment& experiment, std::vector<std::string>& notes) {
  const strategy::CostSettings& costs = experiment.costs;
  if (experiment.strategy.fill == strategy::Fill::close) {
    notes.emplace_back(
        "optimistic: fill = \"close\" trades at the close that signals, a price that nobody can "
        "know and still get; results look ahead and get no verdict");
  }
  if (experiment.limits.max_leverage > 1) {
    notes.emplace_back(
        "warning: money borrowed for leverage costs nothing here, and only ruin calls a margin");
  }
  const bool holding_is_free = costs.borrow_bps_per_day == 0 && costs.funding_bps_per_8h == 0;
  if (experiment.strategy.direction != strategy::Direction::long_only && holding_is_free) {
    notes.emplace_back(
        "warning: holding shorts costs nothing here; set [costs] borrow_bps_per_day or "
        "funding_bps_per_8h");
  }
}

// What an outcome holds beyond metrics.
struct Keep {
  bool trades = false;
  bool daily_returns = false;
};

// What one genome does with every symbol.
struct Plan {
  std::vector<strategy::Signals> signals;  // one per symbol
  Rules rules;
};

}  // namespace

struct Engine::Impl {
  Experiment experiment;
  std::vector<SeriesView> series;
  std::vector<WindowPlan> windows;
  std::vector<std::string> notes;
  double periods = 0;

  std::string refusal(const strategy::Genome& genome, std::uint8_t wanted) const;
  Rules rules(double cost_factor) const;
  Rules rules(const strategy::Genome& genome, double cost_factor) const;
  Plan plan(const strategy::Genome& genome, double cost_factor) const;
  Plan buy_and_hold(double cost_factor) const;
  Curve sleeve(const Plan& plan, const WindowPlan& window, std::size_t symbol, bool& ruined) const;
  WindowOutcome outcome(const Plan& plan, const WindowPlan& window, Keep keep) const;
  Outcome trade(const Plan& plan, std::uint8_t wanted, Keep keep) const;
  Outcome evaluate(const strategy::Genome& genome, std::uint8_t wanted, Keep keep,
                   double factor) const;
};

// Why a genome cannot be evaluated; the same everywhere, before any bar is read.
std::string Engine::Impl::refusal(const strategy::Genome& genome, std::uint8_t wanted) const {
  if (wanted == 0 || (wanted & ~experiment.windows()) != 0) {
    return fmt::format("window set {} is not one of the experiment", wanted);
  }
  if (genome.empty()) return "";
  if (!strategy::belongs(experiment, genome)) return "the genome has values its genes do not allow";
  const std::string broken = strategy::broken_constraint(experiment, genome);
  return broken.empty() ? "" : fmt::format("the genes break the experiment's {}", broken);
}

// What does not depend on the genome, and holds for buy-and-hold too.
Rules Engine::Impl::rules(double cost_factor) const {
  Rules rules;
  rules.limits = experiment.limits;
  rules.fill = experiment.strategy.fill;
  rules.periods_per_year = periods;
  rules.bar_length_ns = experiment.data.timeframe.length_ns;
  rules.costs = costs_of(experiment.costs, cost_factor);
  return rules;
}

Rules Engine::Impl::rules(const strategy::Genome& genome, double cost_factor) const {
  Rules all = rules(cost_factor);
  all.size = experiment.risk.size;
  all.max_gap_bars = experiment.risk.max_gap_bars;
  if (!genome.empty()) all.risk = strategy::risk_values(experiment, genome);
  return all;
}

Plan Engine::Impl::plan(const strategy::Genome& genome, double cost_factor) const {
  Plan plan;
  for (std::size_t i = 0; i < series.size(); ++i) {
    plan.signals.push_back(strategy::run_signals(experiment, genome, series, i));
  }
  plan.rules = rules(genome, cost_factor);
  return plan;
}

// Long from the first tradable signal's fill to the end, all-in and never more, no levels.
Plan Engine::Impl::buy_and_hold(double cost_factor) const {
  Plan plan;
  for (const SeriesView& symbol : series) {
    strategy::Signals signals;
    signals.entry_long.assign(symbol.size(), 1);
    plan.signals.push_back(std::move(signals));
  }
  plan.rules = rules(cost_factor);
  plan.rules.limits.max_leverage = 1;
  return plan;
}

Curve Engine::Impl::sleeve(const Plan& plan, const WindowPlan& window, std::size_t symbol,
                           bool& ruined) const {
  const SeriesView& bars = series[symbol];
  const Span& span = window.spans[symbol];
  Curve curve;
  curve.starting_equity = experiment.equity / static_cast<double>(series.size());
  SleeveOutcome sleeve =
      simulate(bars, plan.signals[symbol], plan.rules, span, curve.starting_equity);
  curve.time_ns.assign(bars.time_ns.begin() + static_cast<std::ptrdiff_t>(span.begin),
                       bars.time_ns.begin() + static_cast<std::ptrdiff_t>(span.end));
  curve.equity = std::move(sleeve.equity);
  curve.held = std::move(sleeve.held);
  curve.carried = std::move(sleeve.carried);
  curve.first_tradable = span.first_tradable - span.begin;
  curve.trades = std::move(sleeve.trades);
  ruined = ruined || sleeve.ruined;
  return curve;
}

WindowOutcome Engine::Impl::outcome(const Plan& plan, const WindowPlan& window, Keep keep) const {
  WindowOutcome out;
  out.window = window.window;
  std::vector<Curve> sleeves;
  for (std::size_t i = 0; i < series.size(); ++i) {
    sleeves.push_back(sleeve(plan, window, i, out.ruined));
  }
  const bool alone = series.size() == 1;
  Curve portfolio = alone ? std::move(sleeves.front()) : portfolio_of(sleeves);
  std::vector<double> returns = daily_returns(portfolio);
  out.days = static_cast<std::int64_t>(returns.size());
  out.rows.push_back({"portfolio", metrics_of(portfolio, returns, periods)});
  if (keep.daily_returns) out.daily_returns = std::move(returns);
  for (std::size_t i = 0; i < series.size(); ++i) {
    out.rows.push_back({std::string(series[i].symbol),
                        alone ? out.rows.front().metrics : metrics_of(sleeves[i], periods)});
  }
  if (keep.trades) out.trades = std::move(portfolio.trades);
  return out;
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

Result<Engine> Engine::prepare(strategy::Experiment experiment, std::vector<SeriesView> series) {
  auto impl = std::make_unique<Impl>();
  impl->experiment = std::move(experiment);
  impl->series = std::move(series);
  if (Status same = check_series(impl->experiment, impl->series); !same) return same.error();
  auto windows = plan_windows(impl->experiment, impl->series, impl->notes);
  if (!windows) return windows.error();
  impl->windows = std::move(*windows);
  Result<double> periods = periods_per_year_of(impl->experiment, impl->series);
  if (!periods) return periods.error();
  impl->periods = *periods;
  note_optimism(impl->experiment, impl->notes);
  return Engine(std::move(impl));
}

const strategy::Experiment& Engine::experiment() const { return impl_->experiment; }
double Engine::periods_per_year() const { return impl_->periods; }
const std::vector<std::string>& Engine::notes() const { return impl_->notes; }

Outcome Engine::Impl::trade(const Plan& plan, std::uint8_t wanted, Keep keep) const {
  Outcome out;
  for (const WindowPlan& window : windows) {
    if ((wanted >> static_cast<int>(window.window) & 1) == 0) continue;
    out.windows.push_back(outcome(plan, window, keep));
  }
  return out;
}

Outcome Engine::Impl::evaluate(const strategy::Genome& genome, std::uint8_t wanted, Keep keep,
                               double factor) const {
  if (std::string why = refusal(genome, wanted); !why.empty()) return {std::move(why), {}};
  return trade(genome.empty() ? buy_and_hold(factor) : plan(genome, factor), wanted, keep);
}

Outcome Engine::evaluate(const strategy::Genome& genome, std::uint8_t windows,
                         bool keep_trades) const {
  return evaluate_at_costs(genome, windows, keep_trades, 1);
}

Outcome Engine::evaluate_at_costs(const strategy::Genome& genome, std::uint8_t windows,
                                  bool keep_trades, double factor) const {
  return impl_->evaluate(genome, windows, {.trades = keep_trades}, factor);
}

Outcome Engine::evaluate_daily(const strategy::Genome& genome, std::uint8_t windows) const {
  return impl_->evaluate(genome, windows, {.daily_returns = true}, 1);
}

std::string Engine::refusal(const strategy::Genome& genome, std::uint8_t windows) const {
  return impl_->refusal(genome, windows);
}
Rules Engine::rules(const strategy::Genome& genome) const { return impl_->rules(genome, 1); }
const std::vector<SeriesView>& Engine::series() const { return impl_->series; }
const std::vector<WindowPlan>& Engine::windows() const { return impl_->windows; }

Outcome Engine::evaluate_signals(const strategy::Genome& genome,
                                 std::vector<strategy::Signals> signals, std::uint8_t windows,
                                 bool keep_daily_returns) const {
  return impl_->trade({std::move(signals), impl_->rules(genome, 1)}, windows,
                      {.daily_returns = keep_daily_returns});
}

}  // namespace mendel::backtest
