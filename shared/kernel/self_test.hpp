// The built-in backtests whose digest says that this binary on this processor is right.
// Threads: pure.
#pragma once

#include "shared/base/hash.hpp"

namespace mendel::kernel {

// SHA-256 over the result bits, of the plain loop and of the kernel; equal wherever both are right.
Digest self_test_digest();
// The frozen value of it for kEngineVersion (a unit test compares both).
inline constexpr const char* kSelfTestDigest =
    "31f97c532ce63ffab3604d61e6f06a54360898399eafe07b52d970494559a491";

}  // namespace mendel::kernel
