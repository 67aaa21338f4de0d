// Engine: an experiment on a dataset, ready to score genomes. The plain per-bar double loop of
// docs/metrics.md: obviously right, and the oracle of any faster kernel.
// Threads: prepared once, then evaluate() is const and safe from many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "shared/backtest/simulation.hpp"
#include "shared/backtest/trade.hpp"
#include "shared/backtest/windows.hpp"
#include "shared/base/result.hpp"
#include "shared/market/bar.hpp"
#include "shared/market/metrics.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::backtest {

struct SymbolMetrics {
  std::string symbol;  // "portfolio" first, then the symbols in the experiment's order
  market::Metrics metrics;
};

struct WindowOutcome {
  market::Window window = market::Window::in_sample;
  std::vector<SymbolMetrics> rows;
  bool ruined = false;
  std::vector<Trade> trades;          // by exit time; empty unless asked for
  std::int64_t days = 0;              // daily returns of the portfolio
  std::vector<double> daily_returns;  // these; empty unless asked for
};

struct Outcome {
  std::string invalid;  // "" = valid; else why nothing was computed
  std::vector<WindowOutcome> windows;
};

class Engine {
 public:
  // `series` must outlive the engine; one per symbol of the experiment, in its order. Errors
  // (configuration): a symbol without bars in a window, coverage below min_coverage,
  // periods_per_year that cannot be derived.
  static Result<Engine> prepare(strategy::Experiment experiment,
                                std::vector<market::SeriesView> series);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  const strategy::Experiment& experiment() const;
  double periods_per_year() const;
  // What a reader of the results must know: shortened warm-up, coverage, shorts without borrow.
  const std::vector<std::string>& notes() const;

  // `windows`: bits 1 << Window that the experiment has. An empty genome is buy-and-hold under the
  // same costs, warm-up and windows.
  Outcome evaluate(const strategy::Genome& genome, std::uint8_t windows, bool keep_trades) const;
  // The same with fee, slippage, borrow and funding times `factor` (>= 0).
  Outcome evaluate_at_costs(const strategy::Genome& genome, std::uint8_t windows, bool keep_trades,
                            double factor) const;

  // The same as evaluate() without trades, and with the portfolio's daily returns.
  Outcome evaluate_daily(const strategy::Genome& genome, std::uint8_t windows) const;

  // What a faster kernel builds on. Why a genome is not evaluated on these windows ("" = it is).
  std::string refusal(const strategy::Genome& genome, std::uint8_t windows) const;
  // How the genome trades; of an empty one: what all genomes have in common.
  Rules rules(const strategy::Genome& genome) const;
  const std::vector<market::SeriesView>& series() const;
  const std::vector<WindowPlan>& windows() const;
  // Trades signals that somebody else computed, one entry per symbol, with the measures that the
  // genome's risk reads. As evaluate() without trades, or as evaluate_daily().
  Outcome evaluate_signals(const strategy::Genome& genome, std::vector<strategy::Signals> signals,
                           std::uint8_t windows, bool keep_daily_returns) const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mendel::backtest
