// The built-in backtests whose digest says that this binary on this processor is right.
// Threads: pure.
#pragma once

#include "shared/base/hash.hpp"

namespace mendel::kernel {

// SHA-256 over the result bits, of the plain loop and of the kernel; equal wherever both are right.
Digest self_test_digest();
// The frozen value of it for kEngineVersion (a unit test compares both).
inline constexpr const char* kSelfTestDigest =
    "cf9ce78bd733f7ef80f929ec4fdd2ca69c9e1609af819d70b51bf5afdb2848e1";

}  // namespace mendel::kernel
