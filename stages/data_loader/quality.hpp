// Quality: what a reader of a dataset must know about its bars: holes, doubles, and opens that look
// made up (semantics.md, "Data honesty").
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "shared/config/value.hpp"
#include "shared/market/bar.hpp"
#include "shared/market/timeframe.hpp"

namespace mendel::data_loader {

// Above this share of bars of a year whose open equals the previous close, opens look synthetic:
// fills at the next open are then optimistic.
inline constexpr double kSyntheticOpensShare = 0.2;

// {"rows", "first", "last", "gaps", "longest_gap_bars", "duplicates",
//  "open_equals_previous_close": {"2000": 0.97, …}, "warnings": […]}.
// Gaps are those of market::find_holes, as `mendel ingest` reports them.
config::Value quality_of(const market::Series& series, const market::Timeframe& timeframe);

// {"symbols": {"SPX": {…}}}, as one line of JSON.
std::string quality_report(const std::vector<market::Series>& series,
                           const market::Timeframe& timeframe);

}  // namespace mendel::data_loader
