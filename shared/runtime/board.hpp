// Board: what a process says about itself on its health socket. The loop writes, the health
// thread reads.
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "shared/telemetry/health_socket.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::runtime {

// A loop that made no turn for so long hangs.
inline constexpr std::int64_t kStalledNs = 30'000'000'000;

struct Identity {
  std::string stage;
  std::string incarnation;
  std::string host;
};

class Board {
 public:
  explicit Board(Identity identity);

  const Identity& identity() const { return identity_; }
  double uptime_seconds() const;

  // From the first call on, the loop has to make a turn every 30 s.
  void progress(std::int64_t monotonic_ns) { progressed_ns_ = monotonic_ns; }
  // The loop has ended and the process stays up, to show why.
  void hold() { progressed_ns_ = 0; }
  void set_readiness(bool ready, std::string reason);
  // A compute thread that has work and made no progress; "" = none.
  void set_stalled(std::string what);
  void set_samples(std::vector<wire::Sample> samples);

  // Answers /healthz (200 when healthy) and /readyz (200 when ready), both with the whole state.
  telemetry::Response answer(std::string_view target) const;

 private:
  const Identity identity_;
  const std::int64_t started_ns_;
  std::atomic<std::int64_t> progressed_ns_{0};
  mutable std::mutex mutex_;
  bool ready_ = false;
  std::string reason_ = "starting";
  std::string stalled_;
  std::vector<wire::Sample> samples_;
};

}  // namespace mendel::runtime
