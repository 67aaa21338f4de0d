#include "topology/mendel/replayed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

#include "shared/kernel/kernel.hpp"
#include "shared/strategy/result_value.hpp"

namespace mendel::cli {
namespace {

// The number of a metric, or why it has none. Requires that it is there.
config::Value shown(const config::Value& metrics, std::string_view name) {
  const config::Value* value = metrics.find(name);
  if (!value->is_null()) return *value;
  const config::Value* undefined = metrics.find("undefined");
  const config::Value* reason = undefined == nullptr ? nullptr : undefined->find(name);
  return reason == nullptr ? config::Value("undefined") : *reason;
}

bool same_bits(const config::Value& a, const config::Value& b) {
  if (a.is_text() || b.is_text()) return a.is_text() && b.is_text() && a.as_text() == b.as_text();
  if (!a.is_number() || !b.is_number()) return false;
  return std::bit_cast<std::uint64_t>(a.as_number()) == std::bit_cast<std::uint64_t>(b.as_number());
}

bool is_count(market::Metric metric) {
  return metric == market::Metric::trade_count || metric == market::Metric::max_drawdown_bars;
}

Result<market::Metrics> portfolio(const backtest::Outcome& outcome) {
  if (!outcome.invalid.empty()) return transient_error("replay: " + outcome.invalid);
  for (const backtest::WindowOutcome& window : outcome.windows)
    for (const backtest::SymbolMetrics& row : window.rows)
      if (row.symbol == "portfolio") return row.metrics;
  return transient_error("replay: the engine computed no portfolio");
}

}  // namespace

ReplayedWindow compare(market::Window window, const config::Value& recorded,
                       const market::Metrics& kernel, const market::Metrics& plain) {
  ReplayedWindow result;
  result.window = window;
  const config::Value fast = strategy::metrics_value(kernel);
  const config::Value slow = strategy::metrics_value(plain);
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    const std::string name(market::kMetricNames[i]);
    if (recorded.find(name) == nullptr) continue;  // an older report has fewer
    const config::Value was = shown(recorded, name);
    const config::Value by_kernel = shown(fast, name);
    const config::Value by_plain = shown(slow, name);
    ++result.metrics;
    if (!same_bits(was, by_kernel)) result.differences.push_back({name, "kernel", was, by_kernel});
    if (same_bits(was, by_plain)) continue;
    const bool numbers = was.is_number() && by_plain.is_number();
    const double apart = numbers ? std::fabs(was.as_number() - by_plain.as_number()) : INFINITY;
    const double allowed = numbers && !is_count(static_cast<market::Metric>(i))
                               ? kPlainTolerance * std::max(1.0, std::fabs(by_plain.as_number()))
                               : 0;
    if (apart <= allowed)
      result.plain_difference = std::max(result.plain_difference, apart);
    else
      result.differences.push_back({name, "plain loop", was, by_plain});
  }
  return result;
}

Result<std::vector<ReplayedWindow>> replay(const backtest::Engine& engine,
                                           const RecordedCandidate& candidate) {
  const kernel::Kernel kernel(engine);
  const auto workspace = kernel.make_workspace();
  std::vector<ReplayedWindow> windows;
  for (const market::Window window : {market::Window::in_sample, market::Window::out_of_sample}) {
    const config::Value& recorded = candidate.metrics(window);
    if (!recorded.is_table()) continue;
    const auto bits = static_cast<std::uint8_t>(1u << static_cast<unsigned>(window));
    const auto fast = kernel.evaluate({&candidate.genome, 1}, bits, *workspace);
    const Result<market::Metrics> by_kernel = portfolio(fast.front());
    if (!by_kernel) return by_kernel.error();
    const Result<market::Metrics> by_plain =
        portfolio(engine.evaluate(candidate.genome, bits, false));
    if (!by_plain) return by_plain.error();
    windows.push_back(compare(window, recorded, *by_kernel, *by_plain));
  }
  return windows;
}

}  // namespace mendel::cli
