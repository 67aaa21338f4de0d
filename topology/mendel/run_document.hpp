// The document of a finished run: what `demo --json` and `evolve --json` print, and the leaderboard
// is made from. It joins ga_dispatcher's report, what the command saw, and counts from the
// database. Threads: the main thread.
#pragma once

#include <cstdint>
#include <string>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/database/dsn.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::cli {

// What the command itself saw of a run.
struct RunSeen {
  config::Value evaluations_per_second;  // of the search; null = nobody measured it
  config::Value judged_seconds;          // the same
  config::Value stages;                  // LocalPipeline::stages()
};

// Keys in the order of the contract: run, seed, generations, evaluations, evaluations_per_second,
// digest, best, rows (null until counted), stages, and behind them what the leaderboard shows.
config::Value run_document(const config::Value& report, const RunSeen& seen);

// Waits until everything about the run is in the database, then counts the rows of its bars and of
// the scores it used, and how many of the latter an earlier run had stored: {"market_data": n,
// "strategy_metrics": n, "strategy_metrics_of_earlier_runs": n}. Transient error after timeout_ms.
Result<config::Value> count_rows(const database::Dsn& dsn, const std::string& run,
                                 const strategy::DataSettings& data, std::int64_t timeout_ms);

inline constexpr std::int64_t kStoredMs = 120'000;

}  // namespace mendel::cli
