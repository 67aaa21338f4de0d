// The built-in backtests whose digest says that this binary on this processor is right.
// Threads: pure.
#pragma once

#include "shared/base/hash.hpp"

namespace mendel::kernel {

// SHA-256 over the result bits, of the plain loop and of the kernel; equal wherever both are right.
Digest self_test_digest();
// The frozen value of it for kEngineVersion (a unit test compares both).
inline constexpr const char* kSelfTestDigest =
    "035d8e2f566834f95be69d4b945c1583e9573c93812863fc4727d2bc80787500";

}  // namespace mendel::kernel
