#include "shared/database/backoff.hpp"

#include <algorithm>

namespace mendel::database {

std::int64_t Backoff::next_ms() {
  const int failures = failures_++;
  if (failures == 0) return 0;
  const std::int64_t most = std::min(kMostMs, kFirstMs << std::min(failures - 1, 10));
  // SplitMix64 (Steele, Lea, Flood 2014): spread is all that is asked of it.
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  z ^= z >> 31U;
  return static_cast<std::int64_t>(z % static_cast<std::uint64_t>(most + 1));
}

}  // namespace mendel::database
