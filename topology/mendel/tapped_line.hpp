// What `mendel tap` listens to and how it shows a message.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/runtime/client.hpp"

namespace mendel::cli {

// Topic prefixes for a stage (its statistics and everything it sends), an edge, or "" (all). An
// unknown name is a configuration error with the nearest one.
Result<std::vector<std::string>> tap_prefixes(const std::string& name);

// {"topic": …, "message": "<kind>", fields…}, or {"topic": …, "error": …}.
std::string tapped_json(const runtime::TapListener::Tapped& tapped);

// One aligned line: topic, kind, the plain fields by name, the length of lists; at most 200
// columns.
std::string tapped_text(const runtime::TapListener::Tapped& tapped);

}  // namespace mendel::cli
