#include "stages/results_writer/drain.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "shared/base/log.hpp"

namespace mendel::results_writer {
namespace {

constexpr std::chrono::milliseconds kEnforceEvery(100);
constexpr std::chrono::seconds kTendEvery(10);

}  // namespace

// ---- DrainCycle ------------------------------------------------------------------------------

DrainCycle::DrainCycle(std::unique_ptr<durable_log::Source> log, LogOwner owner, Census census,
                       ResultSink& sink, Selection selection)
    : log_(std::move(log)),
      owner_(std::move(owner)),
      census_(std::move(census)),
      sink_(sink),
      selection_(std::move(selection)),
      backoff_(owner_.epoch) {}

DrainCycle::DrainCycle(const std::string& log_folder, const LogOwner& owner, Census census,
                       ResultSink& sink, Selection selection)
    : DrainCycle(durable_log::folder_source(log_folder, owner.store_id), owner, std::move(census),
                 sink, std::move(selection)) {}

DrainCycle::Next DrainCycle::turn(const durable_log::Position& durable_end) {
  if (failure_) return Next::stop;
  if (!begun_) return begin(durable_end);
  Result<std::vector<durable_log::Entry>> batch = next_batch(durable_end);
  if (!batch) return stop(batch.error());
  if (batch->empty()) {
    backoff_.reset();
    away_.clear();
    return Next::wait_for_records;
  }
  const durable_log::Position end = batch->back().end;
  const std::size_t records = batch->size();
  const auto chosen = selection_.choose(*std::move(batch), *log_);
  if (!chosen) return stop(chosen.error());
  if (Status status = sink_.store(*chosen, end); !status) return fail(status.error());
  stored_ = end;
  stored_total_ += records;
  backoff_.reset();
  away_.clear();
  return Next::again;
}

DrainCycle::Next DrainCycle::begin(const durable_log::Position& durable_end) {
  const Result<durable_log::Position> from = sink_.begin(owner_);
  if (!from) {
    // What can never work is told at once, unless it did work: then a password is being changed, or
    // a proxy answers for a database that moves, and the log can wait.
    const bool final = from.error().kind == ErrorKind::operator_needed ||
                       (from.error().kind == ErrorKind::configuration && !reached_);
    return final ? stop(from.error()) : fail(from.error());
  }
  reached_ = true;
  if (durable_end < *from) {
    return stop(operator_error("the database holds results up to " + from->segment + " offset " +
                               std::to_string(from->offset) + ", beyond the end of the log in " +
                               log_->place() +
                               ": mount the right store, restore the newer one, or pair them with "
                               "'mendel adopt'"));
  }
  auto cursor = log_->open(*from);
  if (!cursor) return stop(cursor.error());
  const Result<std::uint64_t> count = count_through(*from);
  if (!count) return stop(count.error());
  cursor_ = std::move(*cursor);
  held_.reset();
  stored_ = *from;
  stored_total_ = *count;
  begun_ = true;
  return Next::again;
}

DrainCycle::Next DrainCycle::fail(const Error& error) {
  begun_ = false;
  away_ = error.message;
  return Next::wait_for_database;
}

DrainCycle::Next DrainCycle::stop(Error error) {
  begun_ = false;
  failure_ = std::move(error);
  return Next::stop;
}

// Records that end at or before `position`: the census up to its end, then by reading. What the
// selection does not know yet, it notes.
Result<std::uint64_t> DrainCycle::count_through(const durable_log::Position& position) {
  // In this life it goes on from what was stored: older segments may be archived by now.
  const bool goes_on = reached_ && stored_ <= position;
  if (goes_on && stored_ == position) return stored_total_;
  std::uint64_t count = goes_on ? stored_total_ : census_.through(position);
  if (!goes_on && position <= census_.end()) return count;
  const auto cursor = log_->open(goes_on ? stored_ : census_.end());
  if (!cursor) return cursor.error();
  for (;;) {
    const Result<std::optional<durable_log::Entry>> entry = (*cursor)->next(&position);
    if (!entry) return entry.error();
    if (!*entry) return count;
    selection_.note(**entry);
    ++count;
  }
}

Result<std::vector<durable_log::Entry>> DrainCycle::next_batch(
    const durable_log::Position& durable_end) {
  std::vector<durable_log::Entry> batch;
  std::size_t bytes = 0;
  while (batch.size() < kDrainRecordsMax) {
    if (!held_) {
      Result<std::optional<durable_log::Entry>> entry = cursor_->next(&durable_end);
      if (!entry) return entry.error();
      if (!*entry) break;
      held_ = std::move(*entry);
    }
    bytes += held_->record.payload.size();
    if (!batch.empty() && bytes > kDrainBytesMax) break;
    batch.push_back(std::move(*held_));
    held_.reset();
  }
  const std::vector<durable_log::Stretch>& damages = cursor_->report().damages;
  if (damages.size() != damages_.size()) damages_ = damages;
  return batch;
}

// ---- Drain -----------------------------------------------------------------------------------

Drain::Drain(Options options, std::unique_ptr<ResultSink> sink)
    : sink_(std::move(sink)),
      on_change_(std::move(options.on_change)),
      cycle_(options.log_folder, options.owner, std::move(options.census), *sink_,
             std::move(options.selection)),
      archivist_(std::move(options.archivist)),
      durable_end_(std::move(options.durable_end)) {
  thread_ = std::thread([this] { run(); });
}

Drain::~Drain() {
  stop();
  {
    // A statement under way ends by its deadline, which the gauges' reader enforces.
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      lock.unlock();
      sink_->gauges();
      lock.lock();
      changed_.wait_for(lock, kEnforceEvery, [this] { return stopped_; });
    }
  }
  thread_.join();
}

void Drain::advance(const durable_log::Position& durable_end) {
  {
    const std::lock_guard lock(mutex_);
    durable_end_ = durable_end;
  }
  changed_.notify_one();
}

void Drain::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
}

bool Drain::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

Drain::State Drain::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Drain::publish() {
  State state{cycle_.reached(), cycle_.stored(), cycle_.stored_total(),
              cycle_.damages(), cycle_.away(),   cycle_.failure()};
  {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
  }
  if (on_change_) on_change_();
}

// true: there may be more to tend at once.
bool Drain::tend(Now now) {
  const auto silent = std::chrono::nanoseconds(now.monotonic_ns - tended_at_ns_);
  if (!archivist_ || (tended_at_ns_ != 0 && silent < kTendEvery)) return false;
  const bool more = archivist_->tend(cycle_.stored(), cycle_.selection(), now.wall_ns);
  tended_at_ns_ = more ? 0 : now.monotonic_ns;
  return more;
}

void Drain::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const durable_log::Position end = durable_end_;
    lock.unlock();
    const bool was_away = !cycle_.away().empty();
    const DrainCycle::Next next = cycle_.turn(end);
    const bool is_away = !cycle_.away().empty();
    if (is_away && !was_away) log::warn("database away: {}", cycle_.away());
    if (!is_away && was_away)
      log::info("database is back; {} records stored", cycle_.stored_total());
    publish();
    lock.lock();
    if (next == DrainCycle::Next::stop) break;
    if (next == DrainCycle::Next::wait_for_records) {
      lock.unlock();
      const bool tended = tend(read_clocks());
      lock.lock();
      changed_.wait_for(lock, tended ? std::chrono::seconds(0) : kTendEvery,
                        [&] { return stopping_ || durable_end_ != end; });
    } else if (next == DrainCycle::Next::wait_for_database) {
      changed_.wait_for(lock, std::chrono::milliseconds(cycle_.backoff_ms()),
                        [&] { return stopping_; });
    }
  }
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace mendel::results_writer
