// The versions that a run pins: evaluators that differ get no work.
// Threads: constants.
#pragma once

#include <cstdint>

namespace mendel {

inline constexpr const char* kProductVersion = "0.1.0";

// What a score means. Part of every evaluation key: raise it with any change of a result's bits.
inline constexpr std::uint32_t kEngineVersion = 3;

}  // namespace mendel
