#include "shared/kernel/kernel.hpp"

#include <memory>
#include <utility>

#include "shared/backtest/simulation.hpp"
#include "shared/backtest/windows.hpp"
#include "shared/kernel/batch.hpp"
#include "shared/kernel/edges.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/timeline.hpp"
#include "shared/market/holes.hpp"

namespace mendel::kernel {
namespace {

using backtest::Engine;
using backtest::Outcome;
using backtest::Rules;
using strategy::Genome;

}  // namespace

struct Kernel::Impl {
  const Engine& engine;
  std::vector<TickSums> sums;  // by symbol
  std::vector<WindowTables> windows;

  explicit Impl(const Engine& prepared) : engine(prepared) {}

  std::vector<Outcome> evaluate(std::span<const Genome> genomes, Asked asked,
                                Workspace& workspace) const;
};

namespace {

// The bars behind which a hole closes positions.
std::vector<std::size_t> closing_holes(const market::SeriesView& series, const Rules& rules,
                                       const backtest::Span& span) {
  std::vector<std::size_t> holes;
  if (rules.max_gap_bars <= 0) return holes;
  for (std::size_t bar = span.begin; bar + 1 < span.end; ++bar) {
    const std::int64_t missing =
        market::missing_bars(series.time_ns[bar], series.time_ns[bar + 1], rules.bar_length_ns);
    if (missing > rules.max_gap_bars) holes.push_back(bar);
  }
  return holes;
}

}  // namespace

Kernel::Kernel(const Engine& engine) : impl_(std::make_unique<Impl>(engine)) {
  const std::vector<market::SeriesView>& series = engine.series();
  for (const market::SeriesView& symbol : series) impl_->sums.emplace_back(symbol);
  const Rules rules = engine.rules({});
  for (const backtest::WindowPlan& window : engine.windows()) {
    WindowTables& tables = impl_->windows.emplace_back();
    for (std::size_t i = 0; i < series.size(); ++i) {
      const backtest::Span& span = window.spans[i];
      tables.symbols.push_back(
          std::make_unique<Tables>(series[i], span, closing_holes(series[i], rules, span)));
    }
    if (series.size() > 1) tables.timeline = std::make_unique<Timeline>(series, window.spans);
  }
}

Kernel::~Kernel() = default;
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;

std::shared_ptr<Kernel::Workspace> Kernel::make_workspace(Limits limits) const {
  auto workspace = std::make_shared<Workspace>();
  workspace->kept_bytes_max = limits.kept_bytes_max;
  const Engine& engine = impl_->engine;
  for (std::size_t i = 0; i < engine.series().size(); ++i) {
    const Columns::Source source{engine.experiment(), engine.series(), i, impl_->sums[i]};
    workspace->symbols.push_back(std::make_unique<Workspace::Symbol>(
        source, engine.series()[i].size() <= limits.kept_bars_max));
  }
  return workspace;
}

void Kernel::forget(Workspace& workspace) { workspace.clear(); }

std::size_t Kernel::traded_plainly(const Workspace& workspace) { return workspace.traded_plainly; }

std::vector<Outcome> Kernel::Impl::evaluate(std::span<const Genome> genomes, Asked asked,
                                            Workspace& workspace) const {
  std::vector<Outcome> outcomes(genomes.size());
  Batch batch(engine, windows, workspace, asked);
  for (std::size_t i = 0; i < genomes.size(); ++i) {
    outcomes[i].invalid = engine.refusal(genomes[i], asked.windows);
    if (!outcomes[i].invalid.empty()) continue;
    if (genomes[i].empty()) {
      outcomes[i] = asked.daily_returns ? engine.evaluate_daily(genomes[i], asked.windows)
                                        : engine.evaluate(genomes[i], asked.windows, false);
      continue;
    }
    batch.add(i, genomes[i]);
    if (!workspace.is_full(batch.bytes())) continue;
    batch.compute(outcomes);
    workspace.clear();
  }
  if (!batch.empty()) batch.compute(outcomes);
  return outcomes;
}

std::vector<Outcome> Kernel::evaluate(std::span<const Genome> genomes, std::uint8_t windows,
                                      Workspace& workspace) const {
  return impl_->evaluate(genomes, {windows, false}, workspace);
}

std::vector<Outcome> Kernel::evaluate_daily(std::span<const Genome> genomes, std::uint8_t windows,
                                            Workspace& workspace) const {
  return impl_->evaluate(genomes, {windows, true}, workspace);
}

}  // namespace mendel::kernel
