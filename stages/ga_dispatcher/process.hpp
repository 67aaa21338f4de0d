// The process around the core: the store, the epoch, and the order of effects and messages. It is
// a passive standby until it holds the epoch of its role, and again once a higher one appears.
// Threads: the loop thread.
#pragma once

#include "shared/runtime/stage.hpp"

namespace mendel::ga_dispatcher {

runtime::StageDefinition definition();

}  // namespace mendel::ga_dispatcher
