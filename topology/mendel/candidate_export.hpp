// CandidateExport: the candidates of a finished run for other tools.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "shared/config/value.hpp"
#include "topology/mendel/recorded_run.hpp"

namespace mendel::cli {

// The run's experiment, every gene with the candidate's value: what `mendel backtest` takes as it
// is. The ranges stay: the warm-up, and so every score, depends on them.
std::string candidate_toml(const RecordedRun& run, const RecordedCandidate& candidate);

// A header and one row a candidate: rank, strategy_id, front (with several objectives: whether it
// is on it), genes, metrics by window; undefined = empty.
std::string candidates_csv(const RecordedRun& run,
                           const std::vector<RecordedCandidate>& candidates);

// {"run", "name", "experiment_digest", "dataset", "candidates": [{"rank", "strategy_id", "front",
// "genes", "in_sample", "out_of_sample"}]}; "front" with several objectives
config::Value candidates_value(const RecordedRun& run,
                               const std::vector<RecordedCandidate>& candidates);

}  // namespace mendel::cli
