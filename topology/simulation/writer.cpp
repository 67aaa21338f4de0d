#include "topology/simulation/writer.hpp"

#include <utility>
#include <variant>

#include "shared/wire/codec.hpp"

namespace mendel::simulation {
namespace {

constexpr std::int64_t kTakeEveryNs = kNsPerSecond / 2;
constexpr std::int64_t kNoticeEveryNs = kNsPerSecond;
constexpr std::size_t kLookupsPerTurn = 512;
constexpr const char* kRole = "results_writer";

}  // namespace

Writer::Own::Own(Disk& disk, Database& database, std::uint64_t epoch, const Hardware& hardware)
    : tenure(disk, disk.scores, kRole, epoch, hardware), core(epoch), sink(database) {
  results_writer::Census census;
  results_writer::Selection selection;
  for (const auto& entry : disk.scores.durable()) {
    core.restore(entry);
    census.add(entry.end);
    selection.note(entry);
  }
  drain.emplace(results_writer::DrainCycle(disk.scores.source(), {"store", epoch},
                                           std::move(census), sink, std::move(selection)),
                database);
}

Writer::Writer(Disk& disk, Database& database, Hardware hardware)
    : disk_(disk), database_(database), hardware_(std::move(hardware)) {}

void Writer::receive(runtime::Delivery delivery, Now, runtime::Outbox&) {
  if (own_) arrived_.push_back(std::move(delivery.message));
}

void Writer::subscription(runtime::Edge, const std::string&, bool joined, Now, runtime::Outbox&) {
  greet_ = greet_ || joined;
}

bool Writer::wants(runtime::Edge edge) const {
  return own_ && (edge == runtime::Edge::queries || !own_->tenure.blocked(now_));
}

std::optional<std::int64_t> Writer::wakes_at_ns() const {
  return own_ ? earlier(own_->tenure.syncs_at_ns(), own_->drain->ends_at_ns()) : std::nullopt;
}

void Writer::stood_still(std::int64_t ns) {
  if (!own_) return;
  own_->tenure.stood_still(ns);
  own_->drain->stood_still(ns);
}

runtime::Readiness Writer::readiness() const {
  if (!own_) return {false, "standby"};
  const std::string& away = own_->drain->cycle().away();
  return {away.empty(), away};
}

void Writer::samples(std::vector<wire::Sample>& out) const {
  if (!own_) return;
  out.push_back({"scores_recorded_total", "", static_cast<double>(own_->core.counters().scores)});
}

bool Writer::drained() const {
  return own_ && !syncing() && own_->core.pending_bytes() == 0 && own_->drain->cycle().reached() &&
         own_->drain->cycle().stored() == disk_.scores.durable_end();
}

bool Writer::take(Now now) {
  if (took_at_ns_ != 0 && now.monotonic_ns - took_at_ns_ < kTakeEveryNs) return false;
  took_at_ns_ = now.monotonic_ns;
  if (disk_.full || disk_.no_inodes) return false;  // neither an epoch nor a segment can be made
  const auto epoch = disk_.epochs.take(kRole, now);
  if (!epoch) return false;
  own_ = std::make_unique<Own>(disk_, database_, *epoch, hardware_);
  greet_ = true;
  return true;
}

int Writer::work(Now now, runtime::Outbox& out) {
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
  if (const auto& failure = own_->drain->cycle().failure())
    disk_.complaints.push_back("the drain of scores stops: " + failure->message);
  if (synced) own_->core.committed(*synced);
  if (own_->tenure.syncing()) return turned;
  for (auto& message : std::exchange(arrived_, {})) own_->core.receive(std::move(message));
  const int begun = begin_sync(now);
  if (begun > 0) return turned + (synced ? begun + publish(now, out) : begun);
  return turned + look_up() + publish(now, out);
}

int Writer::begin_sync(Now now) {
  if (own_->tenure.blocked(now)) return 0;
  const auto records = own_->core.next_commit();
  return !records.empty() && own_->tenure.append(records, now) ? 1 : 0;
}

int Writer::look_up() {
  const auto lookups = own_->core.take_lookups(kLookupsPerTurn);
  for (const auto& lookup : lookups) {
    const durable_log::Record* record = disk_.scores.read_at(lookup.place);
    auto message = record == nullptr ? Result<wire::Message>(transient_error("not there"))
                                     : wire::decode(record->payload);
    auto* batch = message ? std::get_if<wire::ScoreBatch>(&*message) : nullptr;
    if (batch != nullptr && batch->scores.size() == 1 && batch->scores[0].key == lookup.key) {
      own_->core.found(lookup, std::move(batch->scores[0]));
    } else {
      disk_.complaints.push_back("a recorded score is not where it was recorded");
      own_->core.unreadable(lookup);
    }
  }
  return static_cast<int>(lookups.size());
}

int Writer::publish(Now now, runtime::Outbox& out) {
  const bool notice = greet_ || now.monotonic_ns - noticed_at_ns_ >= kNoticeEveryNs;
  greet_ = false;
  auto messages = own_->core.flush(own_->drain->cycle().stored_total(), notice);
  if (messages.empty()) return 0;
  noticed_at_ns_ = now.monotonic_ns;
  for (auto& message : messages)
    out.publish(runtime::Edge::recorded, "recorded.", std::move(message));
  return 1;
}

}  // namespace mendel::simulation
