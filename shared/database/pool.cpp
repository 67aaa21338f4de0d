#include "shared/database/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "shared/base/check.hpp"

namespace mendel::database {

struct Pool::Lease::Entry {
  Connection connection;
  std::int64_t opened_ns = 0;
  std::int64_t used_ns = 0;  // leased or given back
};

struct Pool::Impl {
  using Entry = Lease::Entry;

  Impl(DsnSource from, PoolOptions with) : source(std::move(from)), options(std::move(with)) {}

  // Waits for a place; the entry is null when a connection has yet to be opened for it.
  Result<std::unique_ptr<Entry>> take_place();
  Result<std::unique_ptr<Entry>> open();
  void give_back(std::unique_ptr<Entry> entry);
  void free_place();

  const DsnSource source;
  const PoolOptions options;
  mutable std::mutex mutex;
  std::condition_variable freed;
  std::vector<std::unique_ptr<Entry>> idle;
  std::vector<Entry*> leased;
  int in_use = 0;  // places: leased entries and those being opened
  std::atomic<bool> is_shut = false;
  double round_trip_ms = 0;
  std::uint64_t failed_connections = 0;
  std::uint64_t waits = 0;
};

Result<std::unique_ptr<Pool::Lease::Entry>> Pool::Impl::take_place() {
  std::unique_lock lock(mutex);
  const auto free = [&] { return is_shut || in_use < options.connections_max; };
  if (!free()) ++waits;
  if (!freed.wait_for(lock, std::chrono::milliseconds(options.acquire_ms_max), free)) {
    return transient_error(
        fmt::format("all {} database connections are in use", options.connections_max));
  }
  if (is_shut) return transient_error("stopping: no new database work");
  ++in_use;
  std::unique_ptr<Entry> entry;
  if (!idle.empty()) {
    entry = std::move(idle.back());
    idle.pop_back();
  }
  return entry;
}

Result<std::unique_ptr<Pool::Lease::Entry>> Pool::Impl::open() {
  const Result<Dsn> dsn = source.read();
  if (!dsn) return dsn.error();
  Result<Connection> connection =
      Connection::open(*dsn, {options.application, [this] { return is_shut.load(); }});
  if (!connection) {
    const std::lock_guard lock(mutex);
    ++failed_connections;
    return connection.error();
  }
  const std::int64_t now_ns = read_clocks().monotonic_ns;
  return std::make_unique<Entry>(Entry{std::move(*connection), now_ns, now_ns});
}

void Pool::Impl::free_place() {
  const std::lock_guard lock(mutex);
  --in_use;
  freed.notify_one();
}

void Pool::Impl::give_back(std::unique_ptr<Entry> entry) {
  std::vector<std::unique_ptr<Entry>> condemned;  // closed without the lock
  const std::lock_guard lock(mutex);
  std::erase(leased, entry.get());
  --in_use;
  round_trip_ms = entry->connection.round_trip_ms();
  entry->used_ns = read_clocks().monotonic_ns;
  if (!entry->connection.usable()) condemned.swap(idle);
  const bool old = entry->used_ns - entry->opened_ns > kLifetimeMs * kNsPerMs;
  (entry->connection.usable() && !old && !is_shut ? idle : condemned).push_back(std::move(entry));
  freed.notify_one();
}

Pool::Pool(DsnSource source, PoolOptions options)
    : impl_(std::make_unique<Impl>(std::move(source), std::move(options))) {}

Pool::~Pool() {
  const std::lock_guard lock(impl_->mutex);
  check(impl_->in_use == 0, "a database pool ended before its leases");
}

Result<Pool::Lease> Pool::acquire() {
  for (;;) {
    Result<std::unique_ptr<Lease::Entry>> entry = impl_->take_place();
    if (!entry) return entry.error();
    const bool fresh = *entry == nullptr;
    if (fresh) entry = impl_->open();
    if (!entry) {
      impl_->free_place();
      return entry.error();
    }
    const std::int64_t now_ns = read_clocks().monotonic_ns;
    const bool slept = now_ns - (*entry)->used_ns > kIdlePingMs * kNsPerMs;
    (*entry)->used_ns = now_ns;
    {
      const std::lock_guard lock(impl_->mutex);
      impl_->leased.push_back(entry->get());
    }
    Lease lease(*this, std::move(*entry));
    // A ping that fails gives the lease back, which condemns the idle ones; then one is opened.
    if (fresh || !slept || lease->exec("SELECT 1")) return lease;
  }
}

void Pool::enforce(Now now) {
  const std::lock_guard lock(impl_->mutex);
  for (const Lease::Entry* entry : impl_->leased) {
    if (now.monotonic_ns - entry->used_ns > kLeaseHeldMsMax * kNsPerMs) {
      entry->connection.interrupt();
    }
  }
}

void Pool::shut() {
  const std::lock_guard lock(impl_->mutex);
  impl_->is_shut = true;
  for (const Lease::Entry* entry : impl_->leased) entry->connection.interrupt();
  impl_->idle.clear();
  impl_->freed.notify_all();
}

PoolGauges Pool::gauges() const {
  const std::lock_guard lock(impl_->mutex);
  return {impl_->in_use,
          static_cast<int>(impl_->idle.size()),
          impl_->options.connections_max,
          impl_->round_trip_ms,
          impl_->failed_connections,
          impl_->waits};
}

Pool::Lease::Lease(Pool& pool, std::unique_ptr<Entry> entry)
    : pool_(&pool), entry_(std::move(entry)) {}
Pool::Lease::Lease(Lease&& other) noexcept = default;
Pool::Lease::~Lease() {
  if (entry_) pool_->impl_->give_back(std::move(entry_));
}
Connection& Pool::Lease::operator*() const { return entry_->connection; }

}  // namespace mendel::database
