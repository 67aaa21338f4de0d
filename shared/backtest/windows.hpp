// Windows: which bars of every symbol a window trades, and whether there are enough of them.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/backtest/simulation.hpp"
#include "shared/base/result.hpp"
#include "shared/market/bar.hpp"
#include "shared/market/metrics.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::backtest {

struct WindowPlan {
  market::Window window = market::Window::in_sample;
  std::vector<Span> spans;  // one per symbol
};

// The plans of all windows that the experiment has. Appends to `notes` what a reader must know:
// shortened warm-up, coverage, bars that leave much of a window empty. Errors (configuration): a
// symbol without (tradable) bars in a window, coverage below min_coverage.
Result<std::vector<WindowPlan>> plan_windows(const strategy::Experiment& experiment,
                                             const std::vector<market::SeriesView>& series,
                                             std::vector<std::string>& notes);

// [data] periods_per_year, or derived: UTC days with a bar per calendar year of the dataset, 350
// and more is 365, 230 to 280 is 252, anything else a configuration error that asks.
Result<double> periods_per_year_of(const strategy::Experiment& experiment,
                                   const std::vector<market::SeriesView>& series);

}  // namespace mendel::backtest
