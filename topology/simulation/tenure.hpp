// LogTenure: what the processes share that own a role by epoch: the epoch itself, a log with its
// fsync under way, and what a full disk does. A standby has none of it. Threads: one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "topology/simulation/disk.hpp"

namespace mendel::simulation {

inline constexpr std::int64_t kRetryAppendNs = kNsPerSecond;  // as the edges do after a full disk

// How long the next fsync takes, and what a crash leaves of what it did not finish.
struct Hardware {
  std::function<std::int64_t()> fsync_ns;
  double kept = 0;
};

// One epoch of a role with a log. Taken with `Epochs::take`; ends with the process.
class LogTenure {
 public:
  LogTenure(Disk& disk, MemoryLog& log, std::string role, std::uint64_t epoch, Hardware hardware)
      : disk_(disk),
        log_(log),
        role_(std::move(role)),
        epoch_(epoch),
        hardware_(std::move(hardware)) {
    log_.begin(epoch_, hardware_.kept);
  }
  ~LogTenure() {
    log_.crash(epoch_, hardware_.kept);
    disk_.epochs.gone(role_, epoch_);
  }
  LogTenure(const LogTenure&) = delete;
  LogTenure& operator=(const LogTenure&) = delete;

  std::uint64_t epoch() const { return epoch_; }
  // False when a later owner lives.
  bool holds(Now now) const { return disk_.epochs.beat(role_, epoch_, now); }

  bool blocked(Now now) const { return now.monotonic_ns < blocked_until_ns_; }
  bool syncing() const { return syncs_at_ns_.has_value(); }
  std::optional<std::int64_t> syncs_at_ns() const { return syncs_at_ns_; }
  void stood_still(std::int64_t ns) {
    if (syncs_at_ns_) *syncs_at_ns_ += ns;
  }

  // Writes and begins the fsync. False: the disk is full, nothing was written.
  bool append(std::span<const durable_log::Record> records, Now now) {
    if (disk_.full) {
      blocked_until_ns_ = now.monotonic_ns + kRetryAppendNs;
      ++disk_.refused_appends;
      return false;
    }
    written_ = log_.write(epoch_, records);
    syncs_at_ns_ = now.monotonic_ns + hardware_.fsync_ns();
    return true;
  }
  // The end of what an fsync made durable, once it is over.
  std::optional<durable_log::Position> synced(Now now) {
    if (!syncs_at_ns_ || now.monotonic_ns < *syncs_at_ns_) return std::nullopt;
    syncs_at_ns_.reset();
    log_.sync(epoch_);
    return written_;
  }
  durable_log::Position durable_end() const { return log_.durable_end(); }

 private:
  Disk& disk_;
  MemoryLog& log_;
  std::string role_;
  std::uint64_t epoch_;
  Hardware hardware_;
  std::int64_t blocked_until_ns_ = 0;
  std::optional<std::int64_t> syncs_at_ns_;  // the end of the fsync under way
  durable_log::Position written_;            // behind what it makes durable
};

// The earlier of two times that may not come.
inline std::optional<std::int64_t> earlier(std::optional<std::int64_t> a,
                                           std::optional<std::int64_t> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace mendel::simulation
