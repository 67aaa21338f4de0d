#include "stages/data_loader/process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "shared/base/log.hpp"
#include "shared/database/figures.hpp"
#include "shared/database/settings.hpp"
#include "shared/durable_log/waiting.hpp"
#include "shared/store/mount.hpp"
#include "shared/store/space.hpp"
#include "shared/wire/codec.hpp"
#include "stages/data_loader/live_series.hpp"
#include "stages/data_loader/ownership.hpp"

namespace mendel::data_loader {
namespace {

using wiring::Edge;

constexpr std::int64_t kTakeEveryNs = kNsPerSecond;
constexpr std::int64_t kLookEveryNs = kNsPerSecond;
constexpr std::int64_t kRetryAppendNs = kNsPerSecond;
constexpr std::int64_t kStopGraceNs = 5 * kNsPerSecond;  // then the database is interrupted
constexpr std::size_t kPendingBytesMax = 32 << 20;       // of one append; one frame may be above
constexpr std::int64_t kLogBytesMax = 4LL << 30;
static_assert(kPendingBytesMax + wire::kFrameBytesMax <= durable_log::kAppendBytesMax);

struct Settings {
  database::PoolOptions pool;
  std::int64_t log_bytes_max = kLogBytesMax;
  std::int64_t free_bytes_min = -1;
};

database::Lookup lookup(const wiring::Topology& topology) {
  return [&](std::string_view key, std::string_view fallback) {
    return topology.setting(key, fallback);
  };
}

database::DsnSource dsn_source(const wiring::Topology& topology) {
  return database::dsn_source(lookup(topology));
}

Result<Settings> read_settings(const wiring::Topology& topology) {
  const auto pool = database::pool_options(lookup(topology), "data_loader");
  if (!pool) return pool.error();
  const auto log_bytes =
      topology.integer("data_loader.log_bytes_max", kLogBytesMax, 1 << 20, std::int64_t{1} << 50);
  if (!log_bytes) return log_bytes.error();
  const auto free_bytes_min =
      topology.integer("pipeline.free_bytes_min", -1, -1, store::kFreeBytesMost);
  if (!free_bytes_min) return free_bytes_min.error();
  return Settings{*pool, *log_bytes, *free_bytes_min};
}

class Process : public runtime::Stage {
 public:
  Process(store::Store store, database::DsnSource source, const Settings& settings)
      : store_(std::move(store)),
        settings_(settings),
        space_(store_.path(), settings.free_bytes_min),
        mount_(store_),
        pool_(std::move(source), settings.pool) {}
  ~Process() override {
    pool_.shut();
    retired_.clear();
    own_.reset();
  }

  void receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) override;
  void subscription(Edge edge, const std::string& topic, bool joined, Now now,
                    runtime::Outbox& out) override;
  int work(Now now, runtime::Outbox& out) override;
  bool wants(Edge edge) const override;
  std::vector<int> wake_descriptors() const override { return {wake_.descriptor()}; }
  runtime::Readiness readiness() const override;
  void samples(std::vector<wire::Sample>& out) const override;
  void stop(Now now, runtime::Outbox& out) override;
  bool drained() const override { return stopping_ && (!own_ || own_->stopped()); }
  const Error* failure() const override { return failure_ ? &*failure_ : nullptr; }

 private:
  int take(Now now);
  bool superseded(Now now);
  int append(Now now, runtime::Outbox& out);
  int follow_drain(runtime::Outbox& out);
  int follow_orders(Now now, runtime::Outbox& out);
  void look(Now now);

  const store::Store store_;
  const Settings settings_;
  store::Space space_;
  store::Mount mount_;
  Wake wake_;
  database::Pool pool_;
  std::unique_ptr<Ownership> own_;
  std::vector<std::unique_ptr<Ownership>> retired_;  // superseded; their threads are ending
  std::optional<Error> failure_;
  std::string standby_ = "waiting for the store";  // why there is no own_
  std::string blocked_;                            // why the log takes nothing
  std::int64_t taken_at_ns_ = 0;
  std::int64_t looked_at_ns_ = 0;
  std::int64_t blocked_at_ns_ = 0;
  std::int64_t stopped_at_ns_ = 0;
  bool stopping_ = false;

  DrainState drained_;
  std::uint64_t undrained_bytes_ = 0;
  durable_log::Waiting waiting_;
  LiveSeries live_;
  double bars_late_ = 0;  // timeframes

  Counters past_;  // of epochs that were lost
  std::uint64_t datasets_cut_ = 0;
};

// ---- messages --------------------------------------------------------------------------------

void Process::receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) {
  if (!own_) return;  // between asking wants() and now the epoch was lost: the sender resends
  if (const auto* batch = std::get_if<wire::BarBatch>(&delivery.message)) live_.see(*batch, now);
  own_->core.receive(std::move(delivery), now, out);
}

void Process::subscription(Edge edge, const std::string& topic, bool joined, Now /*now*/,
                           runtime::Outbox& out) {
  if (joined && own_) own_->core.joined(edge, topic, out);
}

// ---- the duty cycle --------------------------------------------------------------------------

int Process::work(Now now, runtime::Outbox& out) {
  wake_.clear();
  std::erase_if(retired_, [](const auto& one) { return one->stopped(); });
  if (failure_) return 0;
  space_.look(now);
  mount_.look(now);
  if (!own_) return stopping_ ? 0 : take(now);
  own_->epoch.heartbeat(now);
  if (!stopping_ && superseded(now)) return 1;
  if (stopping_ && now.monotonic_ns - stopped_at_ns_ > kStopGraceNs) pool_.shut();
  const int done = append(now, out) + follow_drain(out) + follow_orders(now, out);
  if (now.monotonic_ns - looked_at_ns_ >= kLookEveryNs) look(now);
  return done;
}

// A living owner keeps its epoch: then this is a standby that asks again.
int Process::take(Now now) {
  if (taken_at_ns_ != 0 && now.monotonic_ns - taken_at_ns_ < kTakeEveryNs) return 0;
  taken_at_ns_ = now.monotonic_ns;
  auto taken = Ownership::take(store_, pool_, wake_, now);
  if (!taken) {
    if (taken.error().kind != ErrorKind::transient) failure_ = taken.error();
    if (standby_ != taken.error().message) log::warn("standing by: {}", taken.error().message);
    standby_ = taken.error().message;
    return 0;
  }
  own_ = std::move(*taken);
  drained_ = {};
  log::info("epoch {}: recovered {} batches of bars from the log", own_->epoch.number(),
            own_->core.restored());
  return 1;
}

bool Process::superseded(Now now) {
  const auto owner = own_->epoch.superseded(now);
  if (!owner) return false;
  standby_ = "superseded: " + store::describe(*owner);
  log::error("{}; standing by until it is gone", standby_);
  own_->stop();
  past_ += own_->core.counters();
  blocked_.clear();
  retired_.push_back(std::move(own_));
  return true;
}

int Process::append(Now now, runtime::Outbox& out) {
  for (const std::string& line : own_->core.take_complaints()) {
    log::repeated(log::Level::error, "refused batch", line);
  }
  if (own_->core.next_commit().empty()) return 0;
  if (!blocked_.empty() && now.monotonic_ns - blocked_at_ns_ < kRetryAppendNs) return 0;
  const Status appended = own_->commit(out);
  if (!appended) {
    if (blocked_.empty()) log::error("bars are not taken: {}", appended.error().message);
    blocked_ = appended.error().message;
    blocked_at_ns_ = now.monotonic_ns;
    if (appended.error().kind != ErrorKind::transient) failure_ = appended.error();
    return 0;
  }
  if (!blocked_.empty()) log::info("the log takes bars again");
  blocked_.clear();
  return 1;
}

int Process::follow_drain(runtime::Outbox& out) {
  DrainState state = own_->drain().take_state();
  const std::uint64_t news = own_->core.follow(state.counts, out);
  const bool begun_now = state.begun && !drained_.begun;
  if (begun_now) {
    const std::string& segment = state.stored.segment;
    log::info("database: stored through {} offset {}", segment.empty() ? "nothing yet," : segment,
              state.stored.offset);
  }
  if (state.failure) failure_ = state.failure;
  state.counts.clear();
  const bool moved = state.stored != drained_.stored;
  drained_ = std::move(state);
  return moved || begun_now || news > 0 ? 1 : 0;
}

int Process::follow_orders(Now now, runtime::Outbox& out) {
  int done = 0;
  for (const wire::Dataset& dataset : own_->cutter().take_answers()) {
    if (dataset.error.empty()) {
      ++datasets_cut_;
      log::info("dataset {}: {} bars", dataset.dataset_id.hex().substr(0, 12), dataset.rows);
    } else {
      log::warn("order {}: {}", dataset.order_id, dataset.error);
    }
    own_->core.answered(dataset, now, out);
    ++done;
  }
  if (!drained_.begun || stopping_ || space_.is_short() || !mount_.is_healthy()) return done;
  while (auto order = own_->core.next_order(drained_.stored)) {
    own_->cutter().submit(std::move(*order));
    ++done;
  }
  return done;
}

void Process::look(Now now) {
  looked_at_ns_ = now.monotonic_ns;
  pool_.enforce(now);
  own_->tell(drained_.damages, now.wall_ns);
  undrained_bytes_ = durable_log::bytes_behind(store_.log_path("bars"), drained_.stored);
  const bool waits = own_ && undrained_bytes_ > 0;
  waiting_.look(waits ? own_->log_end() : drained_.stored, drained_.stored, now);
  bars_late_ = live_.late(now);
}

// ---- what is told ----------------------------------------------------------------------------

bool Process::wants(Edge edge) const {
  if (!own_ || stopping_ || failure_) return false;
  if (edge != Edge::bars) return true;
  return blocked_.empty() && !space_.is_short() && mount_.is_healthy() &&
         own_->core.pending_bytes() < kPendingBytesMax &&
         undrained_bytes_ < static_cast<std::uint64_t>(settings_.log_bytes_max);
}

runtime::Readiness Process::readiness() const {
  if (!own_) return {false, standby_};
  if (!blocked_.empty()) return {false, blocked_};
  if (!mount_.is_healthy()) return {false, mount_.trouble()};
  if (space_.is_short()) return {false, "no bars are taken: " + space_.shortage()};
  if (undrained_bytes_ >= static_cast<std::uint64_t>(settings_.log_bytes_max)) {
    return {false,
            fmt::format("the bar log is full: {} bytes wait for the database", undrained_bytes_)};
  }
  if (!drained_.away.empty()) return {false, "database away: " + drained_.away};
  if (!drained_.begun) return {false, "waiting for the database"};
  const std::string away = own_->cutter().away();
  if (!away.empty()) return {false, "a dataset waits: " + away};
  return {true, own_->quarantine().note()};
}

void Process::samples(std::vector<wire::Sample>& out) const {
  Counters counters = past_;
  if (own_) counters += own_->core.counters();
  const auto add = [&](const char* name, double value) { out.push_back({name, "", value}); };
  add("bars_received_total", static_cast<double>(counters.bars_received));
  add("bars_inserted_total", static_cast<double>(counters.bars_inserted));
  add("conflicts_total", static_cast<double>(counters.conflicts));
  add("refused_batches_total", static_cast<double>(counters.refused_batches));
  add("datasets_cut_total", static_cast<double>(datasets_cut_));
  add("undrained_bytes", static_cast<double>(undrained_bytes_));
  add("undrained_seconds", waiting_.seconds());
  add("bars_late_timeframes", bars_late_);
  if (own_) add("epoch", static_cast<double>(own_->epoch.number()));
  add("log_bytes_max", static_cast<double>(settings_.log_bytes_max));
  add("store_free_bytes", static_cast<double>(space_.disk().free_bytes));
  add("store_total_bytes", static_cast<double>(space_.disk().total_bytes));
  add("store_used_bytes", static_cast<double>(space_.disk().used_bytes));
  add("store_mount_healthy", mount_.is_healthy() ? 1 : 0);
  add("store_read_seconds", mount_.read_seconds());
  if (own_) {
    add("append_seconds", own_->appends().latest_seconds());
    add("store_write_seconds_total", own_->appends().seconds());
    add("store_written_bytes_total", static_cast<double>(own_->appends().bytes()));
  }
  add("corrupt_records_total", own_ ? static_cast<double>(own_->quarantine().records()) : 0);
  add("orders_waiting", own_ ? static_cast<double>(own_->core.orders_waiting()) : 0);
  for (database::Figure& figure : database::figures(pool_.gauges(), read_clocks())) {
    out.push_back({std::move(figure.name), std::move(figure.labels), figure.value});
  }
}

void Process::stop(Now now, runtime::Outbox& out) {
  stopping_ = true;
  stopped_at_ns_ = now.monotonic_ns;
  if (!own_) return;
  append(now, out);
  own_->stop();
  own_->epoch.release();
}

// ---- making ----------------------------------------------------------------------------------

Status check_settings(const runtime::StageContext& context) {
  const auto settings = read_settings(context.topology);
  if (!settings) return settings.error();
  return dsn_source(context.topology).check();
}

Result<std::unique_ptr<runtime::Stage>> make(const runtime::StageContext& context) {
  const auto settings = read_settings(context.topology);
  if (!settings) return settings.error();
  database::DsnSource source = dsn_source(context.topology);
  if (const Status checked = source.check(); !checked) return checked.error();
  auto store = store::Store::open(context.topology.store());
  if (!store) return store.error();
  return std::unique_ptr<runtime::Stage>(
      std::make_unique<Process>(std::move(*store), std::move(source), *settings));
}

}  // namespace

runtime::StageDefinition definition() {
  runtime::StageDefinition definition;
  definition.name = "data_loader";
  definition.summary = "makes bars durable, loads them into market_data, and cuts datasets";
  definition.check = check_settings;
  definition.make = make;
  return definition;
}

}  // namespace mendel::data_loader
