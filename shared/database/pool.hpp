// Pool: at most `connections_max` connections of one process, opened when needed and kept. The
// connection string is read anew at each opening. One broken connection condemns the idle ones:
// whatever ended it (suspend, restart, failover) ended them too.
// Threads: any; a lease belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/database/connection.hpp"
#include "shared/database/dsn.hpp"

namespace mendel::database {

inline constexpr std::int64_t kLeaseHeldMsMax = 300'000;  // a longer one is interrupted
inline constexpr std::int64_t kIdlePingMs = 60'000;       // asked before it is used again
inline constexpr std::int64_t kLifetimeMs = 30 * 60'000;  // closed when it comes back

struct PoolOptions {
  std::string application;  // "mendel data_loader"
  int connections_max = 2;
  std::int64_t acquire_ms_max = 30'000;
};

struct PoolGauges {
  int in_use = 0;
  int idle = 0;
  int most = 0;
  double round_trip_ms = 0;  // of the latest statement; 0 = none yet
  std::uint64_t failed_connections = 0;
  std::uint64_t waits = 0;  // acquisitions that found every connection in use
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
  // Breaks connections that are held too long: the client's deadline. Called from time to time.
  void enforce(Now now);
  // Breaks everything in use and refuses new leases: the way to a quick stop.
  void shut();
  PoolGauges gauges() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mendel::database
