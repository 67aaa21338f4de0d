// Results as the documents of `mendel backtest --json`, `mendel demo --json` and the reports show
// them: one shape for every command and stage.
// Threads: pure functions.
#pragma once

#include "shared/config/value.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::strategy {

// {"sharpe_ratio": 0.57, …}: all metrics in the order of kMetricNames, counts as whole numbers, an
// undefined one as null with its reason under "undefined": {"profit_factor": "no_losing_trade"}
// (absent when everything is defined).
config::Value metrics_value(const market::Metrics& metrics);

}  // namespace mendel::strategy
