// The table of `mendel status`.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "shared/runtime/stages.hpp"

namespace mendel::cli {

// A line for every alert that fires, as monitor says; "" when none does.
std::string alert_lines(const std::vector<runtime::StageState>& states);

// One line a process, in the order of the stages; a stage without one is shown as not running.
std::string status_table(const std::vector<runtime::StageState>& states);

}  // namespace mendel::cli
