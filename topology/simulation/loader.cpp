#include "topology/simulation/loader.hpp"

#include <algorithm>

#include "stages/data_loader/cutter.hpp"

namespace mendel::simulation {
namespace {

constexpr std::int64_t kTakeEveryNs = kNsPerSecond;
constexpr std::int64_t kCutAgainNs = kNsPerSecond / 2;
constexpr const char* kRole = "data_loader";

}  // namespace

Loader::Own::Own(Disk& disk, Database& database, std::uint64_t epoch, const Hardware& hardware)
    : tenure(disk, disk.bars, kRole, epoch, hardware),
      drain_tables(database),
      cutter_tables(database) {
  for (const auto& entry : disk.bars.durable()) core.restore(entry);
  drain.emplace(data_loader::DrainCycle(disk.bars.source(), "store", epoch, drain_tables),
                database);
}

Loader::Loader(Disk& disk, Database& database, Hardware hardware)
    : disk_(disk), database_(database), hardware_(std::move(hardware)) {}

void Loader::receive(runtime::Delivery delivery, Now, runtime::Outbox&) {
  if (own_) arrived_.push_back(std::move(delivery));
}

void Loader::subscription(runtime::Edge edge, const std::string& topic, bool joined, Now,
                          runtime::Outbox& out) {
  if (joined && own_) own_->core.joined(edge, topic, out);
}

bool Loader::wants(runtime::Edge edge) const {
  return own_ && (edge != runtime::Edge::bars || !own_->tenure.blocked(now_));
}

std::optional<std::int64_t> Loader::wakes_at_ns() const {
  if (!own_) return std::nullopt;
  return earlier(own_->tenure.syncs_at_ns(), earlier(own_->drain->ends_at_ns(), own_->cuts_at_ns));
}

void Loader::stood_still(std::int64_t ns) {
  if (!own_) return;
  own_->tenure.stood_still(ns);
  own_->drain->stood_still(ns);
  if (own_->cuts_at_ns) *own_->cuts_at_ns += ns;
}

runtime::Readiness Loader::readiness() const {
  if (!own_) return {false, "standby"};
  const std::string& away = own_->drain->cycle().state().away;
  return {away.empty(), away};
}

void Loader::samples(std::vector<wire::Sample>& out) const {
  if (!own_) return;
  out.push_back(
      {"bars_received_total", "", static_cast<double>(own_->core.counters().bars_received)});
}

bool Loader::drained() const {
  return own_ && !syncing() && own_->core.next_commit().empty() &&
         own_->drain->cycle().state().begun &&
         own_->drain->cycle().state().stored == disk_.bars.durable_end();
}

bool Loader::take(Now now) {
  if (took_at_ns_ != 0 && now.monotonic_ns - took_at_ns_ < kTakeEveryNs) return false;
  took_at_ns_ = now.monotonic_ns;
  if (disk_.full || disk_.no_inodes) return false;  // neither an epoch nor a segment can be made
  const auto epoch = disk_.epochs.take(kRole, now);
  if (epoch) own_ = std::make_unique<Own>(disk_, database_, *epoch, hardware_);
  return epoch.has_value();
}

int Loader::work(Now now, runtime::Outbox& out) {
  now_ = now;
  if (!own_) return take(now) ? 1 : 0;
  // While an fsync is under way the real process stands, and its heartbeat too. Behind it, and in
  // each turn, it looks whether it is still the owner, before it says anything.
  const auto synced = own_->tenure.synced(now);
  if (!own_->tenure.syncing() && !own_->tenure.holds(now)) {
    own_.reset();
    arrived_.clear();
    return 1;
  }
  const int turned = own_->drain->step(own_->tenure.durable_end(), now) ? 1 : 0;
  if (const auto& failure = own_->drain->cycle().state().failure)
    disk_.complaints.push_back("the drain of bars stops: " + failure->message);
  if (synced) own_->core.committed(*synced, out);
  if (own_->tenure.syncing()) return turned;
  for (auto& delivery : std::exchange(arrived_, {}))
    own_->core.receive(std::move(delivery), now, out);
  return turned + commit(now) + follow(out) + cut(now, out);
}

int Loader::commit(Now now) {
  if (own_->tenure.blocked(now)) return 0;
  const auto records = own_->core.next_commit();
  return !records.empty() && own_->tenure.append(records, now) ? 1 : 0;
}

int Loader::follow(runtime::Outbox& out) {
  const auto counts = own_->drain->cycle().take_counts();
  own_->core.follow(counts, out);
  return counts.empty() ? 0 : 1;
}

// As the cutter's thread: one order after another, each once more while the database is away.
int Loader::cut(Now now, runtime::Outbox& out) {
  const auto& drained = own_->drain->cycle().state();
  int done = 0;
  while (drained.begun) {
    auto order = own_->core.next_order(drained.stored);
    if (!order) break;
    own_->orders.push_back(std::move(*order));
    ++done;
  }
  if (own_->orders.empty()) return done;
  if (!own_->cuts_at_ns) own_->cuts_at_ns = now.monotonic_ns + 4 * database_.transaction_ns();
  if (now.monotonic_ns < *own_->cuts_at_ns) return done;
  own_->cuts_at_ns.reset();
  auto made = data_loader::prepare(own_->orders.front(), own_->cutter_tables);
  if (!made) {
    own_->cuts_at_ns = now.monotonic_ns + kCutAgainNs;
    return done;
  }
  own_->orders.erase(own_->orders.begin());
  own_->core.answered(made->dataset, now, out);
  return done + 1;
}

}  // namespace mendel::simulation
