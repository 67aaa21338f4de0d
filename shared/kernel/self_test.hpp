// The built-in backtests whose digest says that this binary on this processor is right.
// Threads: pure.
#pragma once

#include "shared/base/hash.hpp"

namespace mendel::kernel {

// SHA-256 over the result bits, of the plain loop and of the kernel; equal wherever both are right.
Digest self_test_digest();
// The frozen value of it for kEngineVersion (a unit test compares both).
inline constexpr const char* kSelfTestDigest =
    "8434e34899541a736d1b59a9e63b1f3943fe02b8fda9e7cf11ab3bca77b26b98";

}  // namespace mendel::kernel
