// StoredCandidate: any candidate of a run as the database knows it, the leaderboard's or not.
// Threads: the main thread.
#pragma once

#include <string>

#include "shared/base/result.hpp"
#include "shared/database/dsn.hpp"
#include "topology/mendel/recorded_run.hpp"

namespace mendel::cli {

// The candidate of the run whose strategy id begins with `id`, with its metrics in sample. Error
// (configuration): there is none, or several.
Result<RecordedCandidate> stored_candidate(const database::Dsn& dsn, const RecordedRun& run,
                                           const std::string& id);

}  // namespace mendel::cli
