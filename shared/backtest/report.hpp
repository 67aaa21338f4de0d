// Report: an outcome as a document: {"genes": …, "in_sample": {metrics…}, "out_of_sample": {…}}.
// Threads: pure functions.
#pragma once

#include "shared/backtest/engine.hpp"
#include "shared/config/value.hpp"

namespace mendel::backtest {

// {"symbol", "side", "entry_time", "entry_price", "exit_time", "exit_price", "quantity", "profit",
// "reason"};
// times are the open times of the fills' bars, ISO-8601.
config::Value trade_value(const Trade& trade);

// The portfolio's metrics; with several symbols "symbols": {name: metrics}; "ruined": true when it
// is; with `trades` also "trades", by exit time.
config::Value window_value(const WindowOutcome& window, bool trades);

// One entry per evaluated window, by its name.
config::Value windows_value(const Outcome& outcome, bool trades);

}  // namespace mendel::backtest
