#include "stages/ga_dispatcher/outstanding.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "shared/base/check.hpp"

namespace mendel::ga_dispatcher {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min() / 2;

std::uint32_t hash_of(const Digest& key) { return static_cast<std::uint32_t>(DigestHash()(key)); }

}  // namespace

void Outstanding::add(Wanted wanted, Birth birth, bool ask_first) {
  if (place_of(wanted.key)) return;
  const auto next = static_cast<std::uint32_t>(tasks_.size());
  const std::uint32_t place = unused_.empty() ? next : unused_.back();
  places_.add(hash_of(wanted.key), place);
  if (place == next)
    tasks_.emplace_back();
  else
    unused_.pop_back();
  Task& task = tasks_[place];
  task.key = wanted.key;
  task.genome = std::move(wanted.genome);
  task.birth = birth;
  task.windows = wanted.windows;
  task.detail = wanted.detail;
  task.experiment = index_of(wanted.experiment);
  task.place = wanted.place;
  task.since_ns = kNever;
  enter(task, ask_first ? State::asked : State::pending);
  if (ask_first) due_ns_ = kNever;
  if (!ask_first) pending_.push_back({place, task.ticket = ++tickets_});
}

std::optional<std::uint32_t> Outstanding::complete(const Digest& key) {
  const auto at = place_of(key);
  if (!at) return std::nullopt;
  Task& task = tasks_[*at];
  const std::uint32_t place = task.place;
  if (task.hand_outs == 0) ++hits_;
  enter(task, State::none);
  task = Task{};
  unused_.push_back(*at);
  places_.erase(hash_of(key), *at);
  return place;
}

void Outstanding::clear() { *this = Outstanding(); }

void Outstanding::enter(Task& task, State state) {
  const auto count = [this](State of) -> std::size_t* {
    if (of == State::pending) return &pending_count_;
    if (of == State::alone) return &alone_count_;
    if (of == State::settling || of == State::asked) return &doubtful_count_;
    return of == State::quarantined ? &quarantined_count_ : nullptr;
  };
  if (std::size_t* left = count(task.state)) --*left;
  if (std::size_t* entered = count(state)) ++*entered;
  task.state = state;
}

std::uint8_t Outstanding::index_of(const Digest& experiment) {
  std::size_t index = 0;
  while (index < experiments_.size() && experiments_[index] != experiment) ++index;
  if (index == experiments_.size()) experiments_.push_back(experiment);
  check(index <= UINT8_MAX, "a run has few variants of its experiment");
  return static_cast<std::uint8_t>(index);
}

bool Outstanding::fits(const Task& task, const HandOut& out) const {
  return out.candidates.empty() ||
         (task.birth == out.birth && task.windows == out.windows && task.detail == out.detail &&
          experiments_[task.experiment] == out.experiment);
}

std::optional<Places::Place> Outstanding::place_of(const Digest& key) const {
  return places_.find(hash_of(key), [&](Places::Place place) { return tasks_[place].key == key; });
}

Outstanding::Task* Outstanding::find(const Digest& key) {
  const auto place = place_of(key);
  return place ? &tasks_[*place] : nullptr;
}

// ---- handing out -----------------------------------------------------------------------------

// The first of the queue that still waits there; it stays in front.
Outstanding::Task* Outstanding::next(Queue& queue, State state) {
  for (; !queue.empty(); queue.pop_front()) {
    Task& task = tasks_[queue.front().place];
    if (task.state == state && task.ticket == queue.front().ticket) return &task;
  }
  return nullptr;
}

void Outstanding::hand(Task& task, HandOut& out) {
  if (task.hand_outs++ > 0) ++out.again;
  ++task.holders;
  enter(task, State::out);
  out.birth = task.birth;
  out.windows = task.windows;
  out.detail = task.detail;
  out.experiment = experiments_[task.experiment];
  out.candidates.push_back({task.key, task.genome});
}

bool Outstanding::is_next_detailed() {
  const Task* task = next(pending_, State::pending);
  return task != nullptr && task->detail != wire::kDetailNone;
}

Outstanding::HandOut Outstanding::take(std::size_t most, Now) {
  HandOut out;
  most = std::min(most, pending_count_);
  bool suspects = false;
  while (Task* task = next(pending_, State::pending)) {
    const bool first = out.candidates.empty();
    if (first) suspects = task->losses > 0;
    if (!fits(*task, out)) break;
    if (suspects != (task->losses > 0)) break;
    if (task->batch_max > 0) most = std::min<std::size_t>(most, task->batch_max);
    if (out.candidates.size() >= most) break;
    if (first) out.candidates.reserve(most);
    pending_.pop_front();
    hand(*task, out);
  }
  return out;
}

Outstanding::HandOut Outstanding::take_alone(Now) {
  HandOut out;
  if (Task* task = next(alone_, State::alone)) {
    alone_.pop_front();
    hand(*task, out);
  }
  return out;
}

Outstanding::HandOut Outstanding::take_again(const std::vector<Digest>& keys, std::size_t most,
                                             Now) {
  HandOut out;
  for (const Digest& key : keys) {
    if (out.candidates.size() >= most) break;
    Task* task = find(key);
    if (task == nullptr || task->state != State::out) continue;
    if (task->holders != 1 || task->losses > 0) continue;
    if (!fits(*task, out)) continue;
    hand(*task, out);
  }
  out.again = 0;
  return out;
}

void Outstanding::make_pending(Task& task) {
  const bool alone = task.batch_max == 1 && task.losses > 0;
  enter(task, alone ? State::alone : State::pending);
  const auto place = static_cast<std::uint32_t>(&task - tasks_.data());
  (alone ? alone_ : pending_).push_front({place, task.ticket = ++tickets_});
}

// ---- what became of a batch ------------------------------------------------------------------

// One batch less holds the key; the task, when that was the last one and it is still out.
Outstanding::Task* Outstanding::release(const Digest& key) {
  Task* task = find(key);
  if (task == nullptr) return nullptr;
  if (task->holders > 0) --task->holders;
  return task->holders == 0 && task->state == State::out ? task : nullptr;
}

void Outstanding::settled(const std::vector<Digest>& keys, Now now) {
  for (const auto& key : keys) {
    if (Task* task = release(key)) {
      enter(*task, State::settling);
      task->since_ns = now.monotonic_ns;
      due_ns_ = std::min(due_ns_, now.monotonic_ns + kSettleNs);
    }
  }
}

void Outstanding::overdue(const std::vector<Digest>& keys) {
  for (const auto& key : keys) {
    if (Task* task = release(key)) {
      enter(*task, State::asked);
      task->since_ns = kNever;
      due_ns_ = kNever;
    }
  }
}

void Outstanding::returned(const std::vector<Digest>& keys) {
  // Backwards, because each goes to the front: the order stays.
  for (auto key = keys.rbegin(); key != keys.rend(); ++key)
    if (Task* task = release(*key)) make_pending(*task);
}

// Not those that an evaluator has died with: they occupy one evaluator at a time.
void Outstanding::late(const std::vector<Digest>& keys) {
  for (const auto& key : keys) {
    Task* task = find(key);
    if (task == nullptr || task->state != State::out) continue;
    if (task->holders != 1 || task->losses > 0) continue;
    enter(*task, State::asked);
    task->since_ns = kNever;
    due_ns_ = kNever;
  }
}

void Outstanding::lost(const std::vector<Digest>& keys, const std::string& evaluator, bool alone) {
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    Task* free = release(*key);
    Task* task = free != nullptr ? free : find(*key);
    if (task == nullptr) continue;
    const std::size_t cut = task->losses++ == 0 ? kFirstCut : kNextCut;
    task->batch_max = static_cast<std::uint32_t>(std::max<std::size_t>(1, keys.size() / cut));
    auto& died = task->died_alone;
    if (alone && std::find(died.begin(), died.end(), evaluator) == died.end())
      died.push_back(evaluator);
    if (died.size() >= kDeathsAloneMax && task->state != State::quarantined) {
      enter(*task, State::quarantined);
      task->since_ns = kNever;
    } else if (free != nullptr) {
      make_pending(*task);
    }
  }
}

// ---- questions -------------------------------------------------------------------------------

void Outstanding::missing(const Digest& key) {
  Task* task = find(key);
  if (task != nullptr && task->state == State::asked) make_pending(*task);
}

bool Outstanding::asks_at_once() const { return doubtful_count_ > 0 && due_ns_ == kNever; }

std::vector<Digest> Outstanding::due(Now now) {
  std::vector<Digest> keys;
  if (doubtful_count_ == 0 || now.monotonic_ns < due_ns_) return keys;
  due_ns_ = now.monotonic_ns + kAskAgainNs;
  for (Task& task : tasks_) {
    if (task.state != State::settling && task.state != State::asked) continue;
    const std::int64_t patience = task.state == State::settling ? kSettleNs : kAskAgainNs;
    if (now.monotonic_ns - task.since_ns < patience) {
      due_ns_ = std::min(due_ns_, task.since_ns + patience);
      continue;
    }
    enter(task, State::asked);
    task.since_ns = now.monotonic_ns;
    keys.push_back(task.key);
  }
  return keys;
}

std::vector<Digest> Outstanding::in_flight() const {
  std::vector<Digest> keys;
  for (const Task& task : tasks_) {
    const bool waits = task.state == State::pending || task.state == State::alone;
    if (task.state != State::none && !waits) keys.push_back(task.key);
  }
  return keys;
}

std::vector<Outstanding::Quarantined> Outstanding::quarantined(Now now) {
  std::vector<Quarantined> due;
  if (quarantined_count_ == 0) return due;
  for (Task& task : tasks_) {
    if (task.state != State::quarantined || now.monotonic_ns - task.since_ns < kAskAgainNs)
      continue;
    due.push_back({task.key, task.genome, task.birth, task.since_ns == kNever});
    task.since_ns = now.monotonic_ns;
  }
  return due;
}

}  // namespace mendel::ga_dispatcher
