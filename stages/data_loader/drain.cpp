#include "stages/data_loader/drain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

#include "shared/base/log.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::data_loader {
namespace {

// The time ranges of one transaction's batches: a batch that overlaps one of its own series waits
// for the next transaction, so that no bar is in one twice and the order of the log decides.
class Ranges {
 public:
  // False, and nothing is added, when the batch overlaps or makes the transaction span too much.
  bool add(const wire::BarBatch& batch) {
    if (batch.bars.empty()) return true;
    auto& ranges = series_[{batch.source, batch.symbol, batch.timeframe}];
    const std::int64_t first = batch.bars.front().time_ns;
    const std::int64_t last = batch.bars.back().time_ns;
    const std::int64_t earliest = std::min(earliest_, first);
    const std::int64_t latest = std::max(latest_, last);
    const bool only = earliest_ > latest_;
    if (!only && latest - earliest > kDrainSpanNsMax) return false;
    const auto after = ranges.lower_bound(first);
    if (after != ranges.end() && after->first <= last) return false;
    if (after != ranges.begin() && std::prev(after)->second >= first) return false;
    ranges.emplace(first, last);
    earliest_ = earliest;
    latest_ = latest;
    return true;
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, std::map<std::int64_t, std::int64_t>> series_;  // first -> last
  std::int64_t earliest_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t latest_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace

// ---- DrainCycle ------------------------------------------------------------------------------

DrainCycle::DrainCycle(std::unique_ptr<durable_log::Source> log, std::string store_id,
                       std::uint64_t epoch, MarketSink& sink)
    : log_(std::move(log)),
      store_id_(std::move(store_id)),
      epoch_(epoch),
      sink_(sink),
      backoff_(epoch) {}

DrainCycle::DrainCycle(const std::string& folder, const std::string& store_id, std::uint64_t epoch,
                       MarketSink& sink)
    : DrainCycle(durable_log::folder_source(folder, store_id), store_id, epoch, sink) {}

DrainCycle::Next DrainCycle::turn(const durable_log::Position& durable_end) {
  if (state_.failure) return Next::stop;
  if (!state_.begun) return begin(durable_end);
  const durable_log::Position before = end_;
  if (const Status read = read_batches(durable_end); !read) return stop(read.error());
  if (end_ != before) {
    auto counts = sink_.store(batches_, end_);
    if (!counts) return fail(counts.error());
    state_.counts.insert(state_.counts.end(), counts->begin(), counts->end());
  }
  backoff_.reset();
  state_.away.clear();
  if (end_ == before) return Next::wait_for_records;
  batches_.clear();
  state_.stored = end_;
  return Next::again;
}

DrainCycle::Next DrainCycle::begin(const durable_log::Position& durable_end) {
  auto begun = sink_.begin(store_id_, epoch_);
  if (!begun) {
    // What can never work is told at once, unless it did work: then a password is being changed, or
    // a proxy answers for a database that moves, and the log can wait.
    const bool final = begun.error().kind == ErrorKind::operator_needed ||
                       (begun.error().kind == ErrorKind::configuration && !reached_);
    return final ? stop(begun.error()) : fail(begun.error());
  }
  reached_ = true;
  if (durable_end < begun->stored) {
    return stop(operator_error(fmt::format(
        "the database holds bars up to {} offset {}, beyond the end of the log in {}: mount the "
        "right store, or restore the newer one",
        begun->stored.segment, begun->stored.offset, log_->place())));
  }
  auto cursor = log_->open(begun->stored);
  if (!cursor) return stop(cursor.error());
  cursor_ = std::move(*cursor);
  held_.reset();
  batches_.clear();
  end_ = state_.stored = begun->stored;
  state_.counts = std::move(begun->senders);
  state_.begun = true;
  return Next::again;
}

DrainCycle::Next DrainCycle::fail(const Error& error) {
  state_.begun = false;
  state_.away = error.message;
  return Next::wait_for_database;
}

DrainCycle::Next DrainCycle::stop(Error error) {
  state_.begun = false;
  state_.failure = std::move(error);
  return Next::stop;
}

Status DrainCycle::read_batches(const durable_log::Position& durable_end) {
  Ranges ranges;
  std::size_t rows = 0;
  for (std::size_t records = 0; records < kDrainBatchesMax; ++records) {
    if (!held_) {
      auto entry = cursor_->next(&durable_end);
      if (!entry) return entry.error();
      if (!*entry) break;
      held_ = std::move(*entry);
    }
    Result<wire::Message> message = wire::decode(held_->record.payload);
    auto* batch = message ? std::get_if<wire::BarBatch>(&*message) : nullptr;
    if (batch == nullptr) {
      log::repeated(log::Level::error, "bad bar record",
                    fmt::format("{} offset {} is no bar batch: it stays in the log",
                                held_->begin.segment, held_->begin.offset));
    } else {
      rows += batch->bars.size();
      if (!batches_.empty() && (rows > kDrainRowsMax || !ranges.add(*batch))) break;
      if (batches_.empty()) ranges.add(*batch);
      batches_.push_back(std::move(*batch));
    }
    end_ = held_->end;
    held_.reset();
  }
  const std::vector<durable_log::Stretch>& damages = cursor_->report().damages;
  if (damages.size() != state_.damages.size()) state_.damages = damages;
  return {};
}

// ---- Drain -----------------------------------------------------------------------------------

Drain::Drain(DrainCycle cycle, durable_log::Position durable_end, const Wake& wake)
    : cycle_(std::move(cycle)), wake_(wake), durable_end_(std::move(durable_end)) {
  thread_ = std::thread([this] { run(); });
}

Drain::~Drain() {
  stop();
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

DrainState Drain::take_state() {
  const std::lock_guard lock(mutex_);
  DrainState state = state_;
  state_.counts.clear();
  return state;
}

void Drain::publish() {
  std::vector<StoredCounts> counts = cycle_.take_counts();
  {
    const std::lock_guard lock(mutex_);
    std::vector<StoredCounts> all = std::move(state_.counts);
    all.insert(all.end(), counts.begin(), counts.end());
    state_ = cycle_.state();
    state_.counts = std::move(all);
  }
  wake_.ring();
}

void Drain::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const durable_log::Position end = durable_end_;
    lock.unlock();
    const bool was_away = !cycle_.state().away.empty();
    const DrainCycle::Next next = cycle_.turn(end);
    const bool is_away = !cycle_.state().away.empty();
    if (is_away && !was_away) log::warn("database away: {}", cycle_.state().away);
    if (!is_away && was_away) log::info("database is back");
    if (next != DrainCycle::Next::wait_for_records || was_away) publish();
    lock.lock();
    if (next == DrainCycle::Next::stop) break;
    if (next == DrainCycle::Next::wait_for_records) {
      changed_.wait(lock, [&] { return stopping_ || durable_end_ != end; });
    } else if (next == DrainCycle::Next::wait_for_database) {
      changed_.wait_for(lock, std::chrono::milliseconds(cycle_.backoff_ms()),
                        [&] { return stopping_; });
    }
  }
  stopped_ = true;
}

}  // namespace mendel::data_loader
