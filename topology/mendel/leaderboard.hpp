// Leaderboard: the end of a run as people read it, made from its document (run_document.hpp).
// Threads: pure functions.
#pragma once

#include <string>

#include "shared/config/value.hpp"

namespace mendel::cli {

// The table of the reported candidates beside buy-and-hold, in sample and out of sample, with what
// a reader must know. Undefined metrics show as a dash.
std::string leaderboard_text(const config::Value& document);

// The query that shows the same candidates in the database, numbered as in the table: there a rank
// counts from 0.
std::string leaderboard_query(const std::string& run);

// "fast=12 kind=ema" of {"fast": 12, "kind": "ema"}: rounded for reading.
std::string genes_text(const config::Value& genes);

// Whether the run has a best candidate at all: no feasible genome is exit code 3.
bool has_best(const config::Value& document);

}  // namespace mendel::cli
