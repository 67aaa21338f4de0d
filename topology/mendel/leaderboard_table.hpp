// LeaderboardTable: the reported candidates beside buy-and-hold, in sample and out of sample, as
// people read them. Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>

#include "shared/config/value.hpp"

namespace mendel::cli {

// Of the document of a run (run_document.hpp), with what the marks mean below. Every objective is a
// column, in the experiment's order, before the usual metrics; undefined ones show as a dash.
// `columns`: of the terminal, 0 = of no width. Where it is too narrow, genes stand below their
// numbers, and then usual metrics that are no objective are left out, the last one first.
std::string leaderboard_table(const config::Value& document, std::size_t columns);

// "fast=12 kind=ema" of {"fast": 12, "kind": "ema"}: rounded for reading.
std::string genes_text(const config::Value& genes);

}  // namespace mendel::cli
