// DetailedKey: the key of an evaluation that is asked for more than metrics. A score recorded
// without the detail does not answer who wants it, so the two have different keys.
// Threads: pure functions.
#pragma once

#include <cstdint>

#include "shared/base/hash.hpp"

namespace mendel::wire {

// `detail`: bits of Detail; without any it is the evaluation key itself.
Digest detailed_key(const Digest& evaluation_key, std::uint8_t detail);

}  // namespace mendel::wire
