#include "shared/database/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "shared/base/check.hpp"
#include "shared/database/backoff.hpp"

namespace mendel::database {
namespace {

constexpr std::chrono::seconds kKeepEvery(1);

}  // namespace

struct Pool::Lease::Entry {
  Connection connection;
  std::int64_t opened_ns = 0;
  std::int64_t used_ns = 0;                    // leased or given back
  std::atomic<std::int64_t> statement_ms = 0;  // the client's deadline now
  std::int64_t cancelled_ns = 0;               // of the statement that began then
};

struct Pool::Impl {
  using Entry = Lease::Entry;
  using Entries = std::vector<std::unique_ptr<Entry>>;

  Impl(DsnSource from, PoolOptions with) : source(std::move(from)), options(std::move(with)) {}

  // Waits for a place; the entry is null when a connection has yet to be opened for it.
  Result<std::unique_ptr<Entry>> take_place();
  Result<std::unique_ptr<Entry>> open();
  void give_back(std::unique_ptr<Entry> entry);
  void free_place();
  bool is_old(const Entry& entry, std::int64_t now_ns) const {
    return now_ns - entry.opened_ns > options.lifetime_ms * kNsPerMs;
  }
  bool slept(const Entry& entry, std::int64_t now_ns) const {
    return now_ns - entry.used_ns > options.idle_ping_ms * kNsPerMs;
  }
  // A place of an idle connection that is to be asked (always_on), else a free place where
  // connections_min wants a further connection.
  bool take_upkeep(std::unique_ptr<Entry>& entry, std::int64_t now_ns);
  Entries take_old(std::int64_t now_ns);

  const DsnSource source;
  const PoolOptions options;
  mutable std::mutex mutex;
  std::condition_variable freed;
  Entries idle;
  std::vector<Entry*> leased;
  int in_use = 0;  // places: leased entries and those being opened
  std::atomic<bool> is_shut = false;
  bool failed_before = false;  // the latest connection failed or broke
  std::int64_t asked_ns = 0;   // the latest acquire()
  PoolGauges counted;          // the counters of gauges()
  ServerGauges server;
  std::condition_variable ended;  // wakes the keeper
  std::thread keeper;
};

Result<std::unique_ptr<Pool::Lease::Entry>> Pool::Impl::take_place() {
  std::unique_lock lock(mutex);
  asked_ns = read_clocks().monotonic_ns;
  const auto free = [&] { return is_shut || in_use < options.connections_max; };
  if (!free()) ++counted.waits;
  ++counted.waiting;
  const bool freed_in_time =
      freed.wait_for(lock, std::chrono::milliseconds(options.acquire_ms_max), free);
  --counted.waiting;
  if (!freed_in_time) {
    return transient_error(
        fmt::format("all {} database connections are in use", options.connections_max));
  }
  if (is_shut) return transient_error("stopping: no new database work");
  if (std::exchange(failed_before, false)) ++counted.retries;
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
  ConnectOptions connecting{options.application, [this] { return is_shut.load(); }};
  connecting.limits = options.limits;
  connecting.on_statement = [this](std::int64_t ns) {
    const std::lock_guard lock(mutex);
    counted.latency.add(ns);
    counted.round_trip_ms = static_cast<double>(ns) / static_cast<double>(kNsPerMs);
  };
  Result<Connection> connection =
      dsn ? Connection::open(*dsn, connecting) : Result<Connection>(dsn.error());
  if (!connection) {
    const std::lock_guard lock(mutex);
    if (dsn) ++counted.failed_connections;
    failed_before = true;
    return connection.error();
  }
  const std::int64_t now_ns = read_clocks().monotonic_ns;
  return std::unique_ptr<Entry>(new Entry{std::move(*connection), now_ns, now_ns});
}

void Pool::Impl::free_place() {
  const std::lock_guard lock(mutex);
  --in_use;
  freed.notify_one();
}

void Pool::Impl::give_back(std::unique_ptr<Entry> entry) {
  Entries condemned;  // closed without the lock
  const std::lock_guard lock(mutex);
  std::erase(leased, entry.get());
  --in_use;
  entry->used_ns = read_clocks().monotonic_ns;
  const bool usable = entry->connection.usable();
  if (!usable) {
    condemned.swap(idle);
    failed_before = true;
  }
  const bool kept = usable && !is_old(*entry, entry->used_ns) && !is_shut;
  (kept ? idle : condemned).push_back(std::move(entry));
  freed.notify_one();
}

bool Pool::Impl::take_upkeep(std::unique_ptr<Entry>& entry, std::int64_t now_ns) {
  const std::lock_guard lock(mutex);
  if (is_shut || in_use >= options.connections_max) return false;
  const auto sleeper =
      std::find_if(idle.begin(), idle.end(), [&](const auto& one) { return slept(*one, now_ns); });
  if (options.always_on && sleeper != idle.end()) {
    entry = std::move(*sleeper);
    idle.erase(sleeper);
    ++in_use;
    return true;
  }
  const bool wanted =
      options.always_on || (asked_ns != 0 && now_ns - asked_ns < options.idle_ping_ms * kNsPerMs);
  if (!wanted || in_use + static_cast<int>(idle.size()) >= options.connections_min) return false;
  ++in_use;
  return true;
}

Pool::Impl::Entries Pool::Impl::take_old(std::int64_t now_ns) {
  const std::lock_guard lock(mutex);
  const auto old = std::stable_partition(idle.begin(), idle.end(),
                                         [&](const auto& one) { return !is_old(*one, now_ns); });
  Entries taken(std::make_move_iterator(old), std::make_move_iterator(idle.end()));
  idle.erase(old, idle.end());
  return taken;
}

Pool::Pool(DsnSource source, PoolOptions options)
    : impl_(std::make_unique<Impl>(std::move(source), std::move(options))) {
  if (!impl_->options.always_on && impl_->options.connections_min == 0) return;
  impl_->keeper = std::thread([this] { keep(); });
}

Pool::~Pool() {
  if (impl_->keeper.joinable()) {
    shut();
    impl_->keeper.join();
  }
  const std::lock_guard lock(impl_->mutex);
  check(impl_->in_use == 0, "a database pool ended before its leases");
}

// The keeper's thread: opens what connections_min wants, asks what sleeps, closes what is old.
void Pool::keep() {
  Backoff backoff(static_cast<std::uint64_t>(read_clocks().wall_ns));
  std::chrono::milliseconds wait(0);
  for (;;) {
    {
      std::unique_lock lock(impl_->mutex);
      impl_->ended.wait_for(lock, wait, [&] { return impl_->is_shut.load(); });
      if (impl_->is_shut) return;
    }
    wait = kKeepEvery;
    const std::int64_t now_ns = read_clocks().monotonic_ns;
    impl_->take_old(now_ns);
    for (std::unique_ptr<Lease::Entry> entry; impl_->take_upkeep(entry, now_ns);) {
      const Result<Lease> kept = lease(std::move(entry));
      if (kept) {
        backoff.reset();
        continue;
      }
      wait += std::chrono::milliseconds(backoff.next_ms());
      break;
    }
  }
}

Result<Pool::Lease> Pool::lease(std::unique_ptr<Lease::Entry> entry) {
  std::int64_t now_ns = read_clocks().monotonic_ns;
  if (entry && impl_->is_old(*entry, now_ns)) entry.reset();
  const bool fresh = entry == nullptr;
  if (fresh) {
    Result<std::unique_ptr<Lease::Entry>> opened = impl_->open();
    if (!opened) {
      impl_->free_place();
      return opened.error();
    }
    entry = std::move(*opened);
    now_ns = read_clocks().monotonic_ns;
  }
  const bool ping = !fresh && impl_->slept(*entry, now_ns);
  const std::int64_t deadline_ms = impl_->options.limits.statement_ms + kDeadlineGraceMs;
  entry->used_ns = now_ns;
  entry->statement_ms = ping ? kPingMsMax : deadline_ms;
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->leased.push_back(entry.get());
  }
  Lease lease(*this, std::move(entry));
  if (ping) {
    // One that fails gives the lease back, which condemns the idle ones.
    const Result<Rows> answer = lease->exec("SELECT 1");
    if (!answer) return answer.error();
    lease.entry_->statement_ms = deadline_ms;
  }
  return lease;
}

Result<Pool::Lease> Pool::acquire() {
  for (;;) {
    Result<std::unique_ptr<Lease::Entry>> entry = impl_->take_place();
    if (!entry) return entry.error();
    const bool was_open = *entry != nullptr;
    Result<Lease> leased = lease(std::move(*entry));
    // An idle one that is gone costs a turn; the others went with it, and then one is opened.
    if (leased || !was_open) return leased;
  }
}

void Pool::enforce(Now now) {
  const std::lock_guard lock(impl_->mutex);
  for (Lease::Entry* entry : impl_->leased) {
    const std::int64_t since_ns = entry->connection.busy_since_ns();
    if (since_ns == 0) continue;
    const std::int64_t late_ns =
        now.monotonic_ns - since_ns - entry->statement_ms.load() * kNsPerMs;
    if (late_ns <= 0) continue;
    if (entry->cancelled_ns != since_ns) {
      entry->cancelled_ns = since_ns;
      ++impl_->counted.cancelled;
      entry->connection.cancel();
    } else if (late_ns > kCancelGraceMs * kNsPerMs) {
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
  impl_->ended.notify_all();
}

PoolGauges Pool::gauges() const {
  const std::lock_guard lock(impl_->mutex);
  PoolGauges gauges = impl_->counted;
  gauges.in_use = impl_->in_use;
  gauges.idle = static_cast<int>(impl_->idle.size());
  gauges.most = impl_->options.connections_max;
  gauges.server = impl_->server.latest();
  return gauges;
}

ServerGauges& Pool::server() { return impl_->server; }

Pool::Lease::Lease(Pool& pool, std::unique_ptr<Entry> entry)
    : pool_(&pool), entry_(std::move(entry)) {}
Pool::Lease::Lease(Lease&& other) noexcept = default;
Pool::Lease::~Lease() {
  if (entry_) pool_->impl_->give_back(std::move(entry_));
}
Connection& Pool::Lease::operator*() const { return entry_->connection; }

}  // namespace mendel::database
