// Pace: how fast a run's search goes, and when it will be done. What follows the search (judging)
// is no part of it. Threads: one thread.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "shared/base/time.hpp"

namespace mendel::ga_dispatcher {

class Pace {
 public:
  // The first generation of this life was opened, with so many evaluations behind.
  void start(std::uint64_t evaluations, Now now) {
    started_ns_ = now.monotonic_ns;
    stopped_ns_.reset();
    evaluations_ = evaluations;
    generations_ = 0;
  }
  // The search is over: the rate stands still.
  void stop(Now now) {
    if (!stopped_ns_) stopped_ns_ = now.monotonic_ns;
  }
  void closed_one() { ++generations_; }

  // Of the search in this life; 0 while nothing is known, or when it was over before.
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
    if (!started_ns_) return 0;
    const std::int64_t elapsed_ns = stopped_ns_.value_or(now.monotonic_ns) - *started_ns_;
    return static_cast<double>(elapsed_ns) / static_cast<double>(kNsPerSecond);
  }
  std::optional<std::int64_t> started_ns_;
  std::optional<std::int64_t> stopped_ns_;
  std::uint64_t evaluations_ = 0;
  std::int64_t generations_ = 0;
};

}  // namespace mendel::ga_dispatcher
