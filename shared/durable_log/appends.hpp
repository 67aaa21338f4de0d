// Appends: how much the group commits of a log write, and how long they take.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <span>

#include "shared/base/time.hpp"
#include "shared/durable_log/segment.hpp"

namespace mendel::durable_log {

class Appends {
 public:
  void add(std::span<const Record> records, std::int64_t took_ns) {
    for (const Record& record : records) bytes_ += kRecordHeaderBytes + record.payload.size();
    latest_seconds_ = static_cast<double>(took_ns) / kNsPerSecond;
    seconds_ += latest_seconds_;
  }

  std::uint64_t bytes() const { return bytes_; }             // durable
  double seconds() const { return seconds_; }                // that it took, fsync included
  double latest_seconds() const { return latest_seconds_; }  // of the latest commit; 0 = none yet

 private:
  std::uint64_t bytes_ = 0;
  double seconds_ = 0;
  double latest_seconds_ = 0;
};

}  // namespace mendel::durable_log
