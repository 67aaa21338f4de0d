#include "stages/ga_dispatcher/evaluators.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "shared/base/check.hpp"

namespace mendel::ga_dispatcher {
namespace {

constexpr std::string_view kTopicPrefix = "ev.";

// "ev.<incarnation>." -> incarnation; "" for anything else.
std::string_view incarnation_of(std::string_view topic) {
  if (topic.size() <= kTopicPrefix.size() + 1 || topic.back() != '.') return {};
  if (topic.substr(0, kTopicPrefix.size()) != kTopicPrefix) return {};
  return topic.substr(kTopicPrefix.size(), topic.size() - kTopicPrefix.size() - 1);
}

}  // namespace

std::string Evaluators::topic_of(std::string_view incarnation) {
  return std::string(kTopicPrefix).append(incarnation).append(".");
}

void Evaluators::release_all(Evaluator& evaluator, Released::How how, std::vector<Released>& out) {
  for (auto& [sequence, batch] : evaluator.batches)
    out.push_back({how, std::move(batch.run), std::move(batch.keys)});
  evaluator.batches.clear();
}

std::vector<Released> Evaluators::hello(const wire::Credit& credit, Now now) {
  std::vector<Released> out;
  if (credit.incarnation.empty() || credit.incarnation.size() > kIncarnationBytesMax) return out;
  if (all_.size() >= kEvaluatorsMax && all_.find(credit.incarnation) == all_.end()) return out;
  Evaluator& evaluator = all_[credit.incarnation];
  evaluator.compatible = credit.engine_version == settings_.engine_version &&
                         credit.self_test_digest == settings_.self_test_digest;
  evaluator.capacity = std::min(credit.capacity, kCapacityMax);
  evaluator.candidate_ms = credit.candidate_ms;
  // A dispatcher that was restarted goes on numbering where the evaluator stands.
  evaluator.next_sequence = std::max(evaluator.next_sequence, credit.received_through + 1);
  if (!evaluator.here || credit.progress != evaluator.progress) {
    evaluator.progress_ns = now.monotonic_ns;
    evaluator.stalled = false;
  }
  if (!credit.blocked.empty()) evaluator.progress_ns = now.monotonic_ns;  // a lease pauses
  evaluator.here = true;
  evaluator.seen_ns = now.monotonic_ns;
  evaluator.progress = credit.progress;
  evaluator.blocked = credit.blocked;
  evaluator.held = {credit.held.begin(), credit.held.end()};
  for (auto entry = evaluator.batches.begin(); entry != evaluator.batches.end();) {
    auto& [sequence, batch] = *entry;
    const bool received = credit.received_through >= sequence;
    const bool done = received && evaluator.held.count(sequence) == 0;
    const bool astray =
        !received && credit.blocked.empty() && now.monotonic_ns - batch.sent_ns > kArrivalNs;
    if (done || astray)
      out.push_back({done ? Released::How::settled : Released::How::overdue, std::move(batch.run),
                     std::move(batch.keys)});
    entry = done || astray ? evaluator.batches.erase(entry) : std::next(entry);
  }
  return out;
}

std::vector<Released> Evaluators::subscription(std::string_view topic, bool joined, Now) {
  std::vector<Released> out;
  const std::string_view incarnation = incarnation_of(topic);
  if (incarnation.empty() || incarnation.size() > kIncarnationBytesMax) return out;
  if (joined) {
    if (joined_.size() < kEvaluatorsMax) joined_.emplace(incarnation);
    return out;
  }
  if (const auto known = joined_.find(incarnation); known != joined_.end()) joined_.erase(known);
  if (const auto entry = all_.find(incarnation); entry != all_.end()) {
    entry->second.here = false;
    release_all(entry->second, Released::How::lost, out);
  }
  return out;
}

// A dispatcher that was itself stopped for a while must not take the silence for theirs.
void Evaluators::forgive_pause(Now now) {
  const std::int64_t pause = now.monotonic_ns - looked_ns_.value_or(now.monotonic_ns);
  looked_ns_ = now.monotonic_ns;
  if (pause < kSilenceNs / 2) return;
  for (auto& [incarnation, evaluator] : all_) {
    evaluator.seen_ns += pause;
    evaluator.progress_ns += pause;
    for (auto& [sequence, batch] : evaluator.batches) batch.sent_ns += pause;
  }
}

std::vector<Released> Evaluators::look(Now now) {
  std::vector<Released> out;
  forgive_pause(now);
  for (auto entry = all_.begin(); entry != all_.end();) {
    Evaluator& evaluator = entry->second;
    const std::int64_t silence = now.monotonic_ns - evaluator.seen_ns;
    if (silence > kForgetNs) {
      release_all(evaluator, Released::How::lost, out);
      entry = all_.erase(entry);
      continue;
    }
    ++entry;
    if (silence > kSilenceNs) {
      evaluator.here = false;
      release_all(evaluator, Released::How::lost, out);
    }
    if (evaluator.batches.empty()) continue;
    std::int64_t oldest_ns = evaluator.batches.begin()->second.sent_ns;
    const std::int64_t since_ns = std::max(evaluator.progress_ns, oldest_ns);
    if (now.monotonic_ns - since_ns <= settings_.lease_ns) continue;
    evaluator.stalled = true;
    release_all(evaluator, Released::How::overdue, out);
  }
  return out;
}

std::uint32_t Evaluators::credits_of(const Entry& entry) const {
  const auto& [incarnation, evaluator] = entry;
  if (!evaluator.here || !evaluator.compatible || evaluator.stalled) return 0;
  if (!evaluator.blocked.empty() || joined_.count(incarnation) == 0) return 0;
  // Batches of an earlier dispatcher's life take room too.
  std::size_t busy = evaluator.batches.size();
  for (const std::uint64_t sequence : evaluator.held) busy += 1 - evaluator.batches.count(sequence);
  return busy >= evaluator.capacity ? 0 : evaluator.capacity - static_cast<std::uint32_t>(busy);
}

std::vector<Evaluators::Free> Evaluators::free() const {
  std::vector<Free> result;
  for (const auto& entry : all_)
    if (const std::uint32_t credits = credits_of(entry); credits > 0)
      result.push_back({entry.first, credits, entry.second.candidate_ms});
  return result;
}

std::uint64_t Evaluators::assign(const std::string& incarnation, std::string run,
                                 std::vector<Digest> keys, Now now) {
  const auto entry = all_.find(incarnation);
  check(entry != all_.end() && credits_of(*entry) > 0, "assign() beyond an evaluator's credits");
  Evaluator& evaluator = entry->second;
  const std::uint64_t sequence = evaluator.next_sequence++;
  evaluator.batches[sequence] = {std::move(run), std::move(keys), now.monotonic_ns};
  return sequence;
}

std::size_t Evaluators::compatible() const {
  return static_cast<std::size_t>(std::count_if(all_.begin(), all_.end(), [](const Entry& entry) {
    return entry.second.here && entry.second.compatible;
  }));
}

std::size_t Evaluators::incompatible() const {
  return static_cast<std::size_t>(std::count_if(all_.begin(), all_.end(), [](const Entry& entry) {
    return entry.second.here && !entry.second.compatible;
  }));
}

std::size_t Evaluators::batches() const {
  std::size_t count = 0;
  for (const auto& entry : all_) count += entry.second.batches.size();
  return count;
}

}  // namespace mendel::ga_dispatcher
