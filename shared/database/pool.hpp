// Pool: at most `connections_max` connections of one process, opened when needed and kept. The
// connection string is read anew at each opening. One broken connection condemns the idle ones:
// whatever ended it (suspend, restart, failover) ended them too. An idle pool sends nothing, so
// that a compute that scales to zero may sleep, unless `always_on` is set. Threads: any; a lease
// belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/database/connection.hpp"
#include "shared/database/dsn.hpp"
#include "shared/database/latency.hpp"
#include "shared/database/server_gauges.hpp"

namespace mendel::database {

// The client's deadline for a statement is the server's and this: who does not answer by then has
// not heard the server's time-out either. It is cancelled, and broken when that does not help.
inline constexpr std::int64_t kDeadlineGraceMs = 10'000;
inline constexpr std::int64_t kCancelGraceMs = 5'000;
inline constexpr std::int64_t kPingMsMax = 5'000;  // of "are you there?", before it is broken

struct PoolOptions {
  std::string application;  // "mendel data_loader"
  int connections_max = 2;
  std::int64_t acquire_ms_max = 30'000;
  int connections_min = 0;  // kept open while the pool is in use, or always with always_on
  bool always_on = false;   // idle connections are asked once in idle_ping_ms
  Limits limits;
  std::int64_t idle_ping_ms = 60'000;      // idle for longer: asked before it is used again
  std::int64_t lifetime_ms = 30 * 60'000;  // older ones are closed when they are idle
};

struct PoolGauges {
  int in_use = 0;
  int idle = 0;
  int most = 0;
  double round_trip_ms = 0;  // of the latest statement; 0 = none yet
  std::uint64_t failed_connections = 0;
  std::uint64_t waits = 0;      // acquisitions that found every connection in use
  int waiting = 0;              // of them now
  std::uint64_t retries = 0;    // acquisitions that follow a failure
  std::uint64_t cancelled = 0;  // statements that passed the client's deadline
  Latency latency;
  ServerReading server;
};

class Pool {
 public:
  Pool(DsnSource source, PoolOptions options);
  // Requires that every lease has been given back.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A connection for the life of the object.
  class Lease {
   public:
    ~Lease();
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    Connection& operator*() const;
    Connection* operator->() const { return &**this; }

   private:
    friend class Pool;
    struct Entry;
    Lease(Pool& pool, std::unique_ptr<Entry> entry);
    Pool* pool_;
    std::unique_ptr<Entry> entry_;
  };

  // Opens or waits as needed. Errors: of the connection string (configuration), of connecting, or
  // transient when all were in use for acquire_ms_max or the pool is shut.
  Result<Lease> acquire();
  // The client's deadline: cancels statements that wait for too long, then breaks their
  // connections. Called about once a second; does not wait.
  void enforce(Now now);
  // Breaks everything in use and refuses new leases: the way to a quick stop.
  void shut();
  PoolGauges gauges() const;
  // To be read in transactions that are made anyway.
  ServerGauges& server();

 private:
  struct Impl;
  // For a place that was taken: the entry, or a new connection when there is none, asked when it
  // slept. The place is free again after an error.
  Result<Lease> lease(std::unique_ptr<Lease::Entry> entry);
  void keep();

  std::unique_ptr<Impl> impl_;
};

}  // namespace mendel::database
