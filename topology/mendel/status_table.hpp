// The table of `mendel status`.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "shared/runtime/stages.hpp"

namespace mendel::cli {

// One line a process, in the order of the stages; a stage without one is shown as not running.
std::string status_table(const std::vector<runtime::StageState>& states);

}  // namespace mendel::cli
