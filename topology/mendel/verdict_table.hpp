// VerdictTable: a run's verdict as people read it: the word, and for every test whether it is
// passed, its value, its threshold, and what it means.
// Threads: pure functions.
#pragma once

#include <string>

#include "shared/config/value.hpp"

namespace mendel::cli {

// Of a run's document; "" when it has no verdict (a report of an older version).
std::string verdict_text(const config::Value& document);

}  // namespace mendel::cli
