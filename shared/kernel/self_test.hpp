// The built-in backtests whose digest says that this binary on this processor is right.
// Threads: pure.
#pragma once

#include "shared/base/hash.hpp"

namespace mendel::kernel {

// SHA-256 over the result bits, of the plain loop and of the kernel; equal wherever both are right.
Digest self_test_digest();
// The frozen value of it for kEngineVersion (a unit test compares both).
inline constexpr const char* kSelfTestDigest =
    "53ab2bacacf0df7559a62e039aa80ea418dad1afce3e629fbdc81140bd8f309d";

}  // namespace mendel::kernel
