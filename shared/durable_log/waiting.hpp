// Waiting: for how long the oldest record of a log that is not in the database has been there.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/durable_log/segment.hpp"

namespace mendel::durable_log {

class Waiting {
 public:
  static constexpr std::size_t kPlacesMax = 4000;

  // Called about once a second: the log's last record ends here now, and it is stored up to there.
  void look(const Position& end, const Position& stored, Now now) {
    while (!places_.empty() && places_.front().first <= stored) places_.pop_front();
    const Position& known = places_.empty() ? stored : places_.back().first;
    if (known < end) {
      if (places_.size() >= kPlacesMax) places_.pop_back();  // of an hour, a second matters little
      places_.emplace_back(end, now.monotonic_ns);
    }
    const std::int64_t since_ns = places_.empty() ? now.monotonic_ns : places_.front().second;
    seconds_ = static_cast<double>(now.monotonic_ns - since_ns) / 1e9;
  }

  // At the last look; 0 = nothing waits. A life before this one does not count.
  double seconds() const { return seconds_; }

 private:
  std::deque<std::pair<Position, std::int64_t>> places_;
  double seconds_ = 0;
};

}  // namespace mendel::durable_log
