// Replayed: a recorded candidate computed again, by the kernel that evaluators use and by the plain
// loop that it is checked against, and how both compare with what was recorded.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "shared/backtest/engine.hpp"
#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/market/metrics.hpp"
#include "topology/mendel/recorded_run.hpp"

namespace mendel::cli {

// The plain loop adds in another order than the kernel: 1e-9 times max(1, |x|) (docs/kernel.md).
inline constexpr double kPlainTolerance = 1e-9;

struct Difference {
  std::string metric;
  std::string by;          // "kernel" | "plain loop"
  config::Value recorded;  // a number, or the reason why it is undefined
  config::Value computed;
};

struct ReplayedWindow {
  market::Window window = market::Window::in_sample;
  std::size_t metrics = 0;      // that were compared
  double plain_difference = 0;  // the largest one that is within the tolerance
  std::vector<Difference> differences;
};

// Compares one window's metrics: counts, what is undefined and why, exactly; the kernel's values to
// the bit, the plain loop's within the tolerance. `recorded` is a table as metrics_value() makes
// it.
ReplayedWindow compare(market::Window window, const config::Value& recorded,
                       const market::Metrics& kernel, const market::Metrics& plain);

// Every window that was recorded for the candidate. Error (transient): it cannot be computed.
Result<std::vector<ReplayedWindow>> replay(const backtest::Engine& engine,
                                           const RecordedCandidate& candidate);

}  // namespace mendel::cli
