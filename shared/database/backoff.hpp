// Backoff: when to try the database again. At once first (a suspended compute wakes by being
// asked), then after 0.5 s doubling to 16 s, with full jitter so that stages do not return
// together. Threads: one thread.
#pragma once

#include <cstdint>

namespace mendel::database {

class Backoff {
 public:
  static constexpr std::int64_t kFirstMs = 500;
  static constexpr std::int64_t kMostMs = 16'000;

  explicit Backoff(std::uint64_t seed) : state_(seed) {}

  // Milliseconds to wait before the next try.
  std::int64_t next_ms();
  // After a success.
  void reset() { failures_ = 0; }

 private:
  std::uint64_t state_;
  int failures_ = 0;
};

}  // namespace mendel::database
