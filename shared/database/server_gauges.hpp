// ServerGauges: what the database server says of itself, read at most once a minute, and only
// inside transactions that are made anyway: a query of its own would keep a compute awake that
// scales to zero. When nothing is asked of the database, the latest reading stays and gets old.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/database/connection.hpp"

namespace mendel::database {

inline constexpr std::int64_t kReadServerEveryNs = 60 * kNsPerSecond;
// Gauges are worth no more waiting; the transaction goes on without them.
inline constexpr std::int64_t kReadServerMsMax = 5'000;

struct ServerReading {
  std::int64_t read_at_ns = 0;  // monotonic; 0 = never
  // The server's clock minus this machine's in the middle of the round trip, which is right to
  // within half of that.
  std::optional<double> clock_skew_seconds;
  double clock_unsure_seconds = 0;
  std::optional<std::int64_t> certificate_ends_seconds;  // since 1970; none = no TLS
  std::optional<double> database_bytes;
  // Statements that other clients of this database run now; none = the role may not see them.
  std::optional<double> active_queries;
};

class ServerGauges {
 public:
  explicit ServerGauges(std::function<Now()> clocks = read_clocks) : clocks_(std::move(clocks)) {}

  // First in a transaction of `connection`. Changes nothing in it, whatever fails: what could not
  // be read is absent until the next minute.
  void read(const Connection& connection, Transaction& transaction);
  ServerReading latest() const;

 private:
  const std::function<Now()> clocks_;
  mutable std::mutex mutex_;
  std::int64_t tried_at_ns_ = 0;
  ServerReading latest_;
};

}  // namespace mendel::database
