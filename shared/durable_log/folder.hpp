// The folder of a log, as the writer and the reader see it.
// Threads: functions are safe everywhere.
#pragma once

#include <string>
#include <vector>

#include "shared/base/result.hpp"

namespace mendel::durable_log {

// Names of all segments, ascending; a missing folder has none.
Result<std::vector<std::string>> list_segments(const std::string& folder);

}  // namespace mendel::durable_log
