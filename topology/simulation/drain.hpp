// DrainThread: the thread of a real DrainCycle in virtual time: a transaction ends some time after
// it began, and what the cycle waits for comes when it comes.
// Threads: one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/durable_log/segment.hpp"
#include "topology/simulation/database.hpp"

namespace mendel::simulation {

template <class Cycle>
class DrainThread {
 public:
  DrainThread(Cycle cycle, Database& database) : cycle_(std::move(cycle)), database_(database) {}

  // More is durable, or the process works: a turn ends when its time has come. Returns whether one
  // did.
  bool step(const durable_log::Position& durable_end, Now now) {
    if (!ends_at_ns_ && (!waits_ || durable_end != seen_))
      ends_at_ns_ = now.monotonic_ns + database_.transaction_ns();
    if (!ends_at_ns_ || now.monotonic_ns < *ends_at_ns_) return false;
    ends_at_ns_.reset();
    waits_ = false;
    seen_ = durable_end;
    const auto next = cycle_.turn(durable_end);
    if (next == Cycle::Next::wait_for_database)
      ends_at_ns_ = now.monotonic_ns + std::max<std::int64_t>(cycle_.backoff_ms(), 1) * kNsPerMs +
                    database_.transaction_ns();
    waits_ = next == Cycle::Next::wait_for_records || next == Cycle::Next::stop;
    return true;
  }

  std::optional<std::int64_t> ends_at_ns() const { return ends_at_ns_; }
  void stood_still(std::int64_t ns) {
    if (ends_at_ns_) *ends_at_ns_ += ns;
  }
  Cycle& cycle() { return cycle_; }
  const Cycle& cycle() const { return cycle_; }

 private:
  Cycle cycle_;
  Database& database_;
  std::optional<std::int64_t> ends_at_ns_;
  bool waits_ = false;  // for records beyond seen_
  durable_log::Position seen_;
};

}  // namespace mendel::simulation
