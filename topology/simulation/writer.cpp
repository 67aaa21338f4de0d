#include "topology/simulation/writer.hpp"

#include <utility>
#include <variant>

#include "shared/wire/codec.hpp"

namespace mendel::simulation {
namespace {

constexpr std::int64_t kNoticeEveryNs = kNsPerSecond;
constexpr std::size_t kLookupsPerTurn = 512;

}  // namespace

Writer::Writer(Disk& disk, std::function<std::int64_t()> fsync_ns, double kept)
    : disk_(disk), fsync_ns_(std::move(fsync_ns)), kept_(kept), core_(++disk.writer_epoch) {
  disk_.scores.begin(disk_.writer_epoch);
  for (const auto& entry : disk_.scores.durable()) core_.restore(entry);
}

Writer::~Writer() { disk_.scores.crash(kept_); }

void Writer::receive(runtime::Delivery delivery, Now, runtime::Outbox&) {
  arrived_.push_back(std::move(delivery.message));
}

void Writer::subscription(runtime::Edge, const std::string&, bool joined, Now, runtime::Outbox&) {
  greet_ = greet_ || joined;
}

void Writer::stood_still(std::int64_t ns) {
  if (syncs_at_ns_) *syncs_at_ns_ += ns;
}

int Writer::work(Now now, runtime::Outbox& out) {
  const bool ended = end_sync(now);
  // While an fsync is under way the real process stands: it reads nothing and answers nothing.
  if (syncs_at_ns_) return 0;
  for (auto& message : std::exchange(arrived_, {})) core_.receive(std::move(message));
  const int begun = begin_sync(now);
  if (begun > 0) return ended ? begun + publish(now, out) : begun;
  return look_up() + publish(now, out);
}

bool Writer::end_sync(Now now) {
  if (!syncs_at_ns_ || now.monotonic_ns < *syncs_at_ns_) return false;
  syncs_at_ns_.reset();
  disk_.scores.sync();
  core_.committed(written_);
  return true;
}

int Writer::begin_sync(Now now) {
  const auto records = core_.next_commit();
  if (records.empty()) return 0;
  written_ = disk_.scores.write(records);
  syncs_at_ns_ = now.monotonic_ns + fsync_ns_();
  return 1;
}

int Writer::look_up() {
  const auto lookups = core_.take_lookups(kLookupsPerTurn);
  for (const auto& lookup : lookups) {
    const durable_log::Record* record = disk_.scores.read_at(lookup.place);
    auto message = record == nullptr ? Result<wire::Message>(transient_error("not there"))
                                     : wire::decode(record->payload);
    auto* batch = message ? std::get_if<wire::ScoreBatch>(&*message) : nullptr;
    if (batch != nullptr && batch->scores.size() == 1 && batch->scores[0].key == lookup.key) {
      core_.found(lookup, std::move(batch->scores[0]));
    } else {
      disk_.complaints.push_back("a recorded score is not where it was recorded");
      core_.unreadable(lookup);
    }
  }
  return static_cast<int>(lookups.size());
}

int Writer::publish(Now now, runtime::Outbox& out) {
  const bool notice = greet_ || now.monotonic_ns - noticed_at_ns_ >= kNoticeEveryNs;
  greet_ = false;
  auto messages = core_.flush(core_.records_total(), notice);
  if (messages.empty()) return 0;
  noticed_at_ns_ = now.monotonic_ns;
  for (auto& message : messages)
    out.publish(runtime::Edge::recorded, "recorded.", std::move(message));
  return 1;
}

}  // namespace mendel::simulation
