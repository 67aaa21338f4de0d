// The evaluator as a process: the core behind sockets, with worker threads and the store.
// Threads: the loop thread; workers belong to Compute.
#pragma once

#include "shared/runtime/stage.hpp"

namespace mendel::evaluator {

runtime::StageDefinition definition();

}  // namespace mendel::evaluator
