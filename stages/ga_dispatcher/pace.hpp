// Pace: how fast a run goes, and when it will be done.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <limits>

#include "shared/base/time.hpp"

namespace mendel::ga_dispatcher {

class Pace {
 public:
  // The first generation of this life was opened, with so many evaluations behind.
  void start(std::uint64_t evaluations, Now now) {
    started_ns_ = now.monotonic_ns;
    evaluations_ = evaluations;
    generations_ = 0;
  }
  void closed_one() { ++generations_; }

  // Since the start of this life; 0 before anything is known.
  double per_second(std::uint64_t evaluations, Now now) const {
    const double seconds = elapsed(now);
    return seconds > 0 ? static_cast<double>(evaluations - evaluations_) / seconds : 0;
  }
  // NaN = unknown.
  double eta_seconds(std::int64_t generations_left, Now now) const {
    if (generations_ == 0) return std::numeric_limits<double>::quiet_NaN();
    return elapsed(now) / static_cast<double>(generations_) * static_cast<double>(generations_left);
  }

 private:
  double elapsed(Now now) const {
    return static_cast<double>(now.monotonic_ns - started_ns_) / static_cast<double>(kNsPerSecond);
  }
  std::int64_t started_ns_ = 0;
  std::uint64_t evaluations_ = 0;
  std::int64_t generations_ = 0;
};

}  // namespace mendel::ga_dispatcher
