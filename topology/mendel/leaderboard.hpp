// Leaderboard: the end of a run as people read it, made from its document (run_document.hpp).
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>

#include "shared/config/value.hpp"

namespace mendel::cli {

// The run's numbers, its table (leaderboard_table.hpp, for a terminal of so many columns), verdict
// and notes; without a feasible genome, what the nearest one missed.
std::string leaderboard_text(const config::Value& document, std::size_t columns = 0);

// Whether the run has a best candidate at all: no feasible genome is exit code 3.
bool has_best(const config::Value& document);

}  // namespace mendel::cli
