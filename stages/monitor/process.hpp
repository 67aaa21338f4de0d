// The monitor as a process: its core behind the tap proxy and the metrics server.
// Threads: the loop thread; the metrics server has its own.
#pragma once

#include "shared/runtime/stage.hpp"

namespace mendel::monitor {

runtime::StageDefinition definition();

}  // namespace mendel::monitor
