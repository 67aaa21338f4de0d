#include "stages/data_loader/process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "shared/base/log.hpp"
#include "shared/wire/codec.hpp"
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
constexpr std::int64_t kPoolMost = 64;
static_assert(kPendingBytesMax + wire::kFrameBytesMax <= durable_log::kAppendBytesMax);

struct Settings {
  int pool_max = 2;
  std::int64_t log_bytes_max = kLogBytesMax;
};

Result<Settings> read_settings(const wiring::Topology& topology) {
  const auto pool_max = topology.integer("data_loader.pool_max", 2, 1, kPoolMost);
  if (!pool_max) return pool_max.error();
  const auto log_bytes =
      topology.integer("data_loader.log_bytes_max", kLogBytesMax, 1 << 20, std::int64_t{1} << 50);
  if (!log_bytes) return log_bytes.error();
  return Settings{static_cast<int>(*pool_max), *log_bytes};
}

class Process : public runtime::Stage {
 public:
  Process(store::Store store, database::DsnSource source, Settings settings)
      : store_(std::move(store)),
        settings_(settings),
        pool_(std::move(source), {"mendel data_loader", settings.pool_max}) {}
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
  void receive_bars(wire::BarBatch batch, runtime::Outbox& out);
  void publish(const std::vector<wire::Receipt>& receipts, runtime::Outbox& out) const;
  static void publish(const wire::Dataset& dataset, runtime::Outbox& out);
  int take(Now now);
  bool superseded(Now now);
  int append(Now now, runtime::Outbox& out);
  int follow_drain(runtime::Outbox& out);
  int follow_orders(Now now, runtime::Outbox& out);
  void look(Now now);

  const store::Store store_;
  const Settings settings_;
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

  std::vector<durable_log::Record> pending_;  // accepted, not yet in the log
  std::size_t pending_bytes_ = 0;
  std::uint64_t pending_bars_ = 0;
  DrainState drained_;
  std::uint64_t undrained_bytes_ = 0;

  std::uint64_t bars_received_ = 0;
  std::uint64_t bars_inserted_ = 0;
  std::uint64_t conflicts_ = 0;
  std::uint64_t refused_batches_ = 0;
  std::uint64_t datasets_cut_ = 0;
};

// ---- messages --------------------------------------------------------------------------------

void Process::receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) {
  if (!own_) return;  // between asking wants() and now the epoch was lost: the sender resends
  if (auto* batch = std::get_if<wire::BarBatch>(&delivery.message)) {
    receive_bars(std::move(*batch), out);
  } else if (const auto* order = std::get_if<wire::DatasetOrder>(&delivery.message)) {
    const auto answer = own_->orders.receive(*order, own_->log_end, now);
    if (answer) publish(*answer, out);
  }
}

void Process::receive_bars(wire::BarBatch batch, runtime::Outbox& out) {
  switch (own_->intake.receive(batch)) {
    case Intake::Decision::log: {
      pending_bars_ += batch.bars.size();
      std::string frame = wire::encode(std::move(batch));
      pending_bytes_ += frame.size();
      pending_.push_back({static_cast<std::uint8_t>(wire::Kind::bar_batch), std::move(frame)});
      return;
    }
    case Intake::Decision::duplicate: {
      const auto receipt = own_->intake.receipt(batch.incarnation);
      if (receipt) publish({*receipt}, out);
      return;
    }
    case Intake::Decision::refused:
      ++refused_batches_;
      log::repeated(log::Level::error, "refused batch",
                    fmt::format("bars of {} {} {} batch {} refused: {}", batch.source, batch.symbol,
                                batch.timeframe, batch.sequence, batch_fault(batch)));
      return;
    case Intake::Decision::early:
      return;
  }
}

void Process::subscription(Edge edge, const std::string& topic, bool joined, Now /*now*/,
                           runtime::Outbox& out) {
  if (!joined || !own_) return;
  const auto between = [&](std::string_view prefix) {
    return topic.starts_with(prefix) && topic.ends_with('.') && topic.size() > prefix.size()
               ? topic.substr(prefix.size(), topic.size() - prefix.size() - 1)
               : std::string();
  };
  if (edge == Edge::receipts) {
    const auto receipt = own_->intake.receipt(between("receipt."));
    if (receipt) publish({*receipt}, out);
  } else if (edge == Edge::datasets) {
    const auto answer = own_->orders.answer(between("dataset."));
    if (answer) publish(*answer, out);
  }
}

void Process::publish(const std::vector<wire::Receipt>& receipts, runtime::Outbox& out) const {
  for (const wire::Receipt& receipt : receipts) {
    out.publish(Edge::receipts, fmt::format("receipt.{}.", receipt.incarnation), receipt);
  }
}

void Process::publish(const wire::Dataset& dataset, runtime::Outbox& out) {
  out.publish(Edge::datasets, fmt::format("dataset.{}.", dataset.order_id), dataset);
}

// ---- the duty cycle --------------------------------------------------------------------------

int Process::work(Now now, runtime::Outbox& out) {
  wake_.clear();
  std::erase_if(retired_, [](const auto& one) { return one->stopped(); });
  if (failure_) return 0;
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
            own_->recovered_records());
  return 1;
}

bool Process::superseded(Now now) {
  const auto owner = own_->epoch.superseded(now);
  if (!owner) return false;
  standby_ = "superseded: " + store::describe(*owner);
  log::error("{}; standing by until it is gone", standby_);
  own_->stop();
  retired_.push_back(std::move(own_));
  pending_.clear();
  pending_bytes_ = pending_bars_ = 0;
  return true;
}

int Process::append(Now now, runtime::Outbox& out) {
  if (pending_.empty()) return 0;
  const Status appended = own_->append(std::exchange(pending_, {}));
  pending_bytes_ = 0;
  const std::uint64_t bars = std::exchange(pending_bars_, 0);
  if (!appended) {
    own_->intake.forget();
    blocked_ = appended.error().message;
    blocked_at_ns_ = now.monotonic_ns;
    log::repeated(log::Level::error, "log append", "bars are not taken: " + blocked_);
    if (appended.error().kind != ErrorKind::transient) failure_ = appended.error();
    return 0;
  }
  blocked_.clear();
  bars_received_ += bars;
  publish(own_->intake.durable(), out);
  return 1;
}

int Process::follow_drain(runtime::Outbox& out) {
  const std::uint64_t before = bars_inserted_ + conflicts_;
  DrainState state = own_->drain().take_state();
  for (const StoredCounts& counts : state.counts) {
    const auto known = own_->intake.receipt(counts.incarnation);
    if (!known) continue;
    bars_inserted_ += counts.inserted - std::min(counts.inserted, known->inserted);
    conflicts_ += counts.conflicts - std::min(counts.conflicts, known->conflicts);
    publish(own_->intake.stored({counts}), out);
  }
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
  return moved || begun_now || bars_inserted_ + conflicts_ != before ? 1 : 0;
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
    own_->orders.answered(dataset, now);
    publish(dataset, out);
    ++done;
  }
  if (!drained_.begun || stopping_) return done;
  while (auto order = own_->orders.next(drained_.stored)) {
    own_->cutter().submit(std::move(*order));
    ++done;
  }
  return done;
}

void Process::look(Now now) {
  looked_at_ns_ = now.monotonic_ns;
  pool_.enforce(now);
  undrained_bytes_ = durable_log::bytes_behind(store_.log_path("bars"), drained_.stored);
  if (now.monotonic_ns - blocked_at_ns_ > kRetryAppendNs) blocked_.clear();
}

// ---- what is told ----------------------------------------------------------------------------

bool Process::wants(Edge edge) const {
  if (!own_ || stopping_ || failure_) return false;
  if (edge != Edge::bars) return true;
  return blocked_.empty() && pending_bytes_ < kPendingBytesMax &&
         undrained_bytes_ < static_cast<std::uint64_t>(settings_.log_bytes_max);
}

runtime::Readiness Process::readiness() const {
  if (!own_) return {false, standby_};
  if (!blocked_.empty()) return {false, blocked_};
  if (undrained_bytes_ >= static_cast<std::uint64_t>(settings_.log_bytes_max)) {
    return {false,
            fmt::format("the bar log is full: {} bytes wait for the database", undrained_bytes_)};
  }
  if (!drained_.away.empty()) return {false, "database away: " + drained_.away};
  if (!drained_.begun) return {false, "waiting for the database"};
  const std::string away = own_->cutter().away();
  if (!away.empty()) return {false, "a dataset waits: " + away};
  return {};
}

void Process::samples(std::vector<wire::Sample>& out) const {
  const database::PoolGauges pool = pool_.gauges();
  const auto add = [&](const char* name, double value) { out.push_back({name, "", value}); };
  add("bars_received_total", static_cast<double>(bars_received_));
  add("bars_inserted_total", static_cast<double>(bars_inserted_));
  add("conflicts_total", static_cast<double>(conflicts_));
  add("refused_batches_total", static_cast<double>(refused_batches_));
  add("datasets_cut_total", static_cast<double>(datasets_cut_));
  add("undrained_bytes", static_cast<double>(undrained_bytes_));
  add("orders_waiting", own_ ? static_cast<double>(own_->orders.waiting()) : 0);
  add("database_round_trip_ms", pool.round_trip_ms);
  add("pool_in_use", pool.in_use);
  add("pool_idle", pool.idle);
  add("pool_max", pool.most);
  add("failed_connections_total", static_cast<double>(pool.failed_connections));
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
  return database::DsnSource(context.topology.setting("database.dsn_file")).check();
}

Result<std::unique_ptr<runtime::Stage>> make(const runtime::StageContext& context) {
  const auto settings = read_settings(context.topology);
  if (!settings) return settings.error();
  database::DsnSource source(context.topology.setting("database.dsn_file"));
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
