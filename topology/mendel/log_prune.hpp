// LogPrune: which segments of a log may be deleted. Bars: what is in the database and older than
// the database's own history (so that a restore to a point in time can be filled up again).
// Scores: nothing that a run is in; results_writer moves what is over into the archive. What is
// damaged, what grows and what the next drain begins in always stays.
// Threads: pure functions, plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/durable_log/log.hpp"
#include "shared/store/store.hpp"

namespace mendel::cli {

struct PruneRules {
  durable_log::Position stored;  // in the database; {} = nothing is
  std::int64_t now_ns = 0;       // by the wall clock
  std::int64_t keep_ns = 0;      // of bars, since a segment was last written
  // Why the scores of a run are still needed here, "" = they are not.
  std::function<std::string(const std::string& run)> needs_run;
};

struct Prunable {
  std::string segment;
  std::uint64_t bytes = 0;
  std::string kept;  // why it stays, "" = it may go
};

// `log`: "bars" | "scores". Every segment, ascending.
Result<std::vector<Prunable>> plan_prune(const store::Store& store, const std::string& log,
                                         const PruneRules& rules);

// Why the scores of this run must stay in the log.
std::string needs_scores(const store::Store& store, const std::string& run);

// Deletes those that may go, and says so in the audit log.
Status prune(const store::Store& store, const std::string& log,
             const std::vector<Prunable>& segments, std::int64_t now_ns);

}  // namespace mendel::cli
