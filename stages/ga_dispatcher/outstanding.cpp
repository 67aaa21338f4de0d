#include "stages/ga_dispatcher/outstanding.hpp"

#include <algorithm>
#include <limits>

namespace mendel::ga_dispatcher {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min() / 2;

}  // namespace

void Outstanding::add(const Wanted& wanted, Birth birth, bool ask_first) {
  const auto [entry, is_new] = tasks_.try_emplace(wanted.key);
  if (!is_new) return;
  Task& task = entry->second;
  task.genome = wanted.genome;
  task.birth = birth;
  task.windows = wanted.windows;
  task.since_ns = kNever;
  task.state = ask_first ? State::asked : State::pending;
  if (ask_first) return;
  pending_.push_back(wanted.key);
  ++pending_count_;
}

bool Outstanding::complete(const Digest& key) {
  const auto entry = tasks_.find(key);
  if (entry == tasks_.end()) return false;
  if (entry->second.state == State::pending) --pending_count_;
  tasks_.erase(entry);
  return true;
}

void Outstanding::clear() {
  tasks_.clear();
  pending_.clear();
  pending_count_ = 0;
}

void Outstanding::hand(Tasks::value_type& entry, const std::string& evaluator, Now now,
                       HandOut& out) {
  Task& task = entry.second;
  if (task.state == State::pending) --pending_count_;
  if (task.hand_outs++ > 0) ++out.again;
  ++task.holders;
  task.state = State::out;
  task.since_ns = now.monotonic_ns;
  task.holder = evaluator;
  out.birth = task.birth;
  out.windows = task.windows;
  out.candidates.push_back({entry.first, task.genome});
}

Outstanding::HandOut Outstanding::take(std::size_t most, const std::string& evaluator, Now now) {
  HandOut out;
  while (!pending_.empty() && out.candidates.size() < most) {
    const auto entry = tasks_.find(pending_.front());
    if (entry == tasks_.end() || entry->second.state != State::pending) {
      pending_.pop_front();
      continue;
    }
    const Task& task = entry->second;
    const bool first = out.candidates.empty();
    if (!first && (task.birth != out.birth || task.windows != out.windows)) break;
    const std::size_t bound = task.batch_max == 0 ? most : std::min(most, task.batch_max);
    if (out.candidates.size() >= bound) break;
    most = bound;
    hand(*entry, evaluator, now, out);
    pending_.pop_front();
  }
  return out;
}

Outstanding::HandOut Outstanding::take_tail(std::size_t most, const std::string& evaluator,
                                            Now now) {
  HandOut out;
  if (pending_count_ > 0) return out;
  for (auto& entry : tasks_) {
    const Task& task = entry.second;
    if (out.candidates.size() >= most) break;
    if (task.state != State::out || task.hand_outs != 1 || task.holder == evaluator) continue;
    if (now.monotonic_ns - task.since_ns < kTailNs) continue;
    const bool first = out.candidates.empty();
    if (!first && (task.birth != out.birth || task.windows != out.windows)) continue;
    hand(entry, evaluator, now, out);
  }
  return out;
}

// One batch less holds the key; the task, when that was the last one and it is still out.
Outstanding::Task* Outstanding::release(const Digest& key) {
  const auto entry = tasks_.find(key);
  if (entry == tasks_.end()) return nullptr;
  Task& task = entry->second;
  if (task.holders > 0) --task.holders;
  return task.holders == 0 && task.state == State::out ? &task : nullptr;
}

void Outstanding::make_pending(const Digest& key, Task& task) {
  task.state = State::pending;
  pending_.push_front(key);
  ++pending_count_;
}

void Outstanding::settled(const std::vector<Digest>& keys, Now now) {
  for (const auto& key : keys) {
    if (Task* task = release(key)) {
      task->state = State::settling;
      task->since_ns = now.monotonic_ns;
    }
  }
}

void Outstanding::lost(const std::vector<Digest>& keys) {
  // Backwards, because each goes to the front: the order stays.
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    if (Task* task = release(*key)) {
      task->batch_max = std::max<std::size_t>(1, keys.size() / 2);
      make_pending(*key, *task);
    }
  }
}

void Outstanding::overdue(const std::vector<Digest>& keys) {
  for (const auto& key : keys) {
    if (Task* task = release(key)) {
      task->state = State::asked;
      task->since_ns = kNever;
    }
  }
}

void Outstanding::missing(const Digest& key) {
  const auto entry = tasks_.find(key);
  if (entry != tasks_.end() && entry->second.state == State::asked)
    make_pending(key, entry->second);
}

std::vector<Digest> Outstanding::due(Now now) {
  std::vector<Digest> keys;
  for (auto& [key, task] : tasks_) {
    const std::int64_t waited = now.monotonic_ns - task.since_ns;
    const bool settle = task.state == State::settling && waited >= kSettleNs;
    const bool again = task.state == State::asked && waited >= kAskAgainNs;
    if (!settle && !again) continue;
    task.state = State::asked;
    task.since_ns = now.monotonic_ns;
    keys.push_back(key);
  }
  return keys;
}

std::vector<Digest> Outstanding::in_flight() const {
  std::vector<Digest> keys;
  for (const auto& [key, task] : tasks_)
    if (task.state != State::pending) keys.push_back(key);
  return keys;
}

}  // namespace mendel::ga_dispatcher
