// LeaderboardTable: the reported candidates beside buy-and-hold, in sample and out of sample, as
// people read them. Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "shared/config/value.hpp"

namespace mendel::cli {

// Of the document of a run (run_document.hpp), with what the marks mean below. Every objective is a
// column, in the experiment's order, before the usual metrics; undefined ones show as a dash.
// `columns`: of the terminal, 0 = of no width. Where it is too narrow, genes stand below their
// numbers, and then usual metrics that are no objective are left out, the last one first.
std::string leaderboard_table(const config::Value& document, std::size_t columns);

// "fast=12 kind=ema" of {"fast": 12, "kind": "ema"}: rounded for reading.
std::string genes_text(const config::Value& genes);

// "sharpe_ratio max", …; none in what an older build recorded. Of a report, or an entry of the list
// of runs.
std::vector<std::string> objectives_of(const config::Value& document);

}  // namespace mendel::cli
