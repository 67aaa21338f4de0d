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

std::int64_t as_ns(double ms) { return static_cast<std::int64_t>(ms * double{kNsPerMs}); }

}  // namespace

std::string Evaluators::topic_of(std::string_view incarnation) {
  return std::string(kTopicPrefix).append(incarnation).append(".");
}

// ---- hellos, joining and leaving -------------------------------------------------------------

Released Evaluators::let_go(Released::How how, const std::string& incarnation, Batch& batch) {
  --batches_;
  return {how, std::move(batch.run), std::move(batch.keys), incarnation, batch.alone};
}

void Evaluators::release_all(All::value_type& entry, Released::How how,
                             std::vector<Released>& out) {
  auto& [incarnation, evaluator] = entry;
  for (auto& [sequence, batch] : evaluator.batches) out.push_back(let_go(how, incarnation, batch));
  evaluator.batches.clear();
}

// What it says of itself. A lease runs only while it computes: being blocked pauses it.
void Evaluators::take_in(Evaluator& evaluator, const wire::Credit& credit, Now now) const {
  evaluator.compatible = credit.engine_version == settings_.engine_version &&
                         credit.self_test_digest == settings_.self_test_digest;
  evaluator.capacity = std::min(credit.capacity, kCapacityMax);
  const bool sound = credit.candidate_ms > 0 && credit.candidate_ms < 1e9;
  evaluator.candidate_ms = sound ? credit.candidate_ms : 0;
  // A dispatcher that was restarted goes on numbering where the evaluator stands.
  evaluator.next_sequence = std::max(evaluator.next_sequence, credit.received_through + 1);
  if (!evaluator.here || credit.progress != evaluator.progress) {
    evaluator.stuck_ns = 0;
    evaluator.stalled = false;
  } else if (evaluator.computing && credit.blocked.empty()) {
    evaluator.stuck_ns += now.monotonic_ns - evaluator.seen_ns;
  }
  evaluator.held = credit.held;
  std::sort(evaluator.held.begin(), evaluator.held.end());
  evaluator.held.erase(std::unique(evaluator.held.begin(), evaluator.held.end()),
                       evaluator.held.end());
  if (evaluator.held.empty()) evaluator.stuck_ns = 0;
  evaluator.computing = credit.blocked.empty() && !evaluator.held.empty();
  evaluator.blocked = !credit.blocked.empty();
  evaluator.here = true;
  evaluator.seen_ns = now.monotonic_ns;
  evaluator.progress = credit.progress;
}

std::vector<Released> Evaluators::hello(const wire::Credit& credit, Now now) {
  std::vector<Released> out;
  if (credit.incarnation.empty() || credit.incarnation.size() > kIncarnationBytesMax) return out;
  if (is_cut_off(now)) heard_again_ns_ = now.monotonic_ns;
  auto entry = all_.find(credit.incarnation);
  if (entry == all_.end()) {
    if (all_.size() >= kEvaluatorsMax) return out;
    entry = all_.emplace(credit.incarnation, Evaluator{}).first;
    newest_ns_ = now.monotonic_ns;
    entry->second.joined = joined_.count(credit.incarnation) > 0;
  }
  Evaluator& evaluator = entry->second;
  take_in(evaluator, credit, now);
  for (auto at = evaluator.batches.begin(); at != evaluator.batches.end();) {
    auto& [sequence, batch] = *at;
    const bool received = credit.received_through >= sequence;
    const bool held = std::binary_search(evaluator.held.begin(), evaluator.held.end(), sequence);
    const bool done = received && !held && evaluator.capacity > 0;
    const bool astray =
        !received && credit.blocked.empty() && now.monotonic_ns - batch.sent_ns > kArrivalNs;
    if (done || astray)
      out.push_back(
          let_go(done ? Released::How::settled : Released::How::overdue, entry->first, batch));
    at = done || astray ? evaluator.batches.erase(at) : std::next(at);
  }
  // Without room for anything it is on its way out, and drops what it has.
  if (evaluator.capacity == 0) release_all(*entry, Released::How::returned, out);
  note(*entry);
  return out;
}

std::vector<Released> Evaluators::subscription(std::string_view topic, bool joined, Now) {
  std::vector<Released> out;
  const std::string_view incarnation = incarnation_of(topic);
  if (incarnation.empty() || incarnation.size() > kIncarnationBytesMax) return out;
  if (joined && joined_.size() < kEvaluatorsMax) joined_.emplace(incarnation);
  if (!joined) {
    if (const auto known = joined_.find(incarnation); known != joined_.end()) joined_.erase(known);
  }
  if (const auto entry = all_.find(incarnation); entry != all_.end()) {
    entry->second.joined = joined;
    if (!joined) {
      entry->second.here = false;
      release_all(*entry, Released::How::lost, out);
    }
    note(*entry);
  }
  return out;
}

// ---- silence and leases ----------------------------------------------------------------------

// A dispatcher that was itself stopped for a while must not take the silence for theirs.
void Evaluators::forgive_pause(Now now) {
  const std::int64_t pause = now.monotonic_ns - looked_ns_.value_or(now.monotonic_ns);
  looked_ns_ = now.monotonic_ns;
  if (pause < kSilenceNs / 2) return;
  for (auto& [incarnation, evaluator] : all_) {
    evaluator.seen_ns += pause;
    for (auto& [sequence, batch] : evaluator.batches) batch.sent_ns += pause;
  }
}

// Late by its own measure: others get the work too. Hung for the longest lease: as good as dead.
void Evaluators::check_lease(All::value_type& entry, Now now, std::vector<Released>& out) {
  Evaluator& evaluator = entry.second;
  if (evaluator.batches.empty() || !evaluator.computing) return;
  const std::int64_t stuck = evaluator.stuck_ns + now.monotonic_ns - evaluator.seen_ns;
  std::size_t candidates = 0;
  for (const auto& [sequence, batch] : evaluator.batches) candidates += batch.keys.size();
  const double work_ms = evaluator.candidate_ms * static_cast<double>(candidates);
  const double most_ms = static_cast<double>(settings_.lease_ns) / double{kNsPerMs};
  const std::int64_t measured =
      work_ms > 0 ? std::max(kLeaseFloorNs, as_ns(std::min(kLeaseFactor * work_ms, most_ms)))
                  : settings_.lease_ns;
  if (stuck > settings_.lease_ns) {
    evaluator.stalled = true;
    release_all(entry, Released::How::lost, out);
  } else if (stuck > measured) {
    evaluator.stalled = true;
    for (auto& [sequence, batch] : evaluator.batches) {
      if (!std::exchange(batch.late, true))
        out.push_back({Released::How::late, batch.run, batch.keys, entry.first, batch.alone});
    }
  }
}

// Several fell silent together, and nobody else is heard: that is the network between us, and no
// candidate. When it is whole again one is heard first, and the others a moment later.
bool Evaluators::is_cut_off(Now now) const {
  std::size_t silent = 0;
  for (const auto& [incarnation, evaluator] : all_) {
    if (!evaluator.joined) continue;
    const std::int64_t silence = now.monotonic_ns - evaluator.seen_ns;
    if (silence <= kSilenceNs / 2) return false;
    silent += silence <= 2 * kSilenceNs ? 1 : 0;
  }
  return silent > 1;
}

bool Evaluators::was_cut_off(Now now) const {
  return heard_again_ns_ && now.monotonic_ns - *heard_again_ns_ < kSilenceNs / 2;
}

std::vector<Released> Evaluators::look(Now now) {
  std::vector<Released> out;
  forgive_pause(now);
  double measured_per_ms = 0;
  std::size_t measured = 0;
  std::size_t working = 0;
  for (auto entry = all_.begin(); entry != all_.end();) {
    Evaluator& evaluator = entry->second;
    const std::int64_t silence = now.monotonic_ns - evaluator.seen_ns;
    if (silence > kSilenceNs) {
      evaluator.here = false;
      const std::size_t before = out.size();
      release_all(*entry, Released::How::lost, out);
      if (out.size() > before && (is_cut_off(now) || was_cut_off(now)))
        for (std::size_t i = before; i < out.size(); ++i) out[i].alone = false;
    } else {
      check_lease(*entry, now, out);
    }
    if (evaluator.here && evaluator.compatible) {
      ++working;
      measured += evaluator.candidate_ms > 0 ? 1 : 0;
      measured_per_ms += evaluator.candidate_ms > 0 ? 1 / evaluator.candidate_ms : 0;
    }
    note(*entry);
    entry = silence > kForgetNs ? all_.erase(entry) : std::next(entry);
  }
  // Those that have measured nothing yet are taken to be like the others.
  const bool settled = measured > 0 && now.monotonic_ns - newest_ns_ >= kSettledNs;
  candidates_per_ms_ =
      settled ? measured_per_ms * static_cast<double>(working) / static_cast<double>(measured) : 0;
  return out;
}

// ---- who has room ----------------------------------------------------------------------------

std::uint32_t Evaluators::credits_of(const Evaluator& evaluator) const {
  if (!evaluator.here || !evaluator.compatible || evaluator.stalled) return 0;
  if (evaluator.blocked || !evaluator.joined) return 0;
  // Batches of an earlier dispatcher's life take room too.
  std::size_t busy = evaluator.batches.size();
  for (const std::uint64_t sequence : evaluator.held) busy += 1 - evaluator.batches.count(sequence);
  for (const auto& [sequence, batch] : evaluator.batches)
    if (batch.alone) return 0;
  return busy >= evaluator.capacity ? 0 : evaluator.capacity - static_cast<std::uint32_t>(busy);
}

void Evaluators::note(const All::value_type& entry) {
  if (credits_of(entry.second) > 0)
    free_.emplace(entry.first, &entry.second);
  else
    free_.erase(entry.first);
}

double Evaluators::part_of(const Evaluator& evaluator) const {
  if (evaluator.candidate_ms <= 0 || candidates_per_ms_ <= 0) return 0;
  return std::min(1.0, 1 / (evaluator.candidate_ms * candidates_per_ms_));
}

std::vector<Evaluators::Free> Evaluators::free() const {
  std::vector<Free> result;
  result.reserve(free_.size());
  for (const auto& [incarnation, evaluator] : free_)
    result.push_back({std::string(incarnation), credits_of(*evaluator), evaluator->candidate_ms,
                      part_of(*evaluator), evaluator->batches.empty() && evaluator->held.empty()});
  return result;
}

std::uint64_t Evaluators::assign(const std::string& incarnation, Batch batch, Now now) {
  const auto entry = all_.find(incarnation);
  check(entry != all_.end() && credits_of(entry->second) > 0,
        "assign() beyond an evaluator's credits");
  Evaluator& evaluator = entry->second;
  for (const auto& [sequence, held] : evaluator.batches) batch.queue += held.keys.size();
  batch.queue += batch.keys.size();
  batch.sent_ns = now.monotonic_ns;
  const std::uint64_t sequence = evaluator.next_sequence++;
  evaluator.batches.emplace(sequence, std::move(batch));
  ++batches_;
  note(*entry);
  return sequence;
}

std::uint64_t Evaluators::assign(const std::string& incarnation, std::string run,
                                 std::vector<Digest> keys, Now now) {
  Batch batch;
  batch.run = std::move(run);
  batch.keys = std::move(keys);
  return assign(incarnation, std::move(batch), now);
}

std::uint64_t Evaluators::assign_alone(const std::string& incarnation, std::string run,
                                       const Digest& key, Now now) {
  Batch batch;
  batch.run = std::move(run);
  batch.keys = {key};
  batch.alone = true;
  const auto entry = all_.find(incarnation);
  check(entry != all_.end() && entry->second.batches.empty() && entry->second.held.empty(),
        "assign_alone() to an evaluator that holds something");
  return assign(incarnation, std::move(batch), now);
}

// ---- the slow --------------------------------------------------------------------------------

// The mean over those that have measured it.
double Evaluators::usual_candidate_ms() const {
  double sum = 0;
  std::size_t count = 0;
  for (const auto& [incarnation, evaluator] : all_) {
    if (!evaluator.here || evaluator.candidate_ms <= 0) continue;
    sum += evaluator.candidate_ms;
    ++count;
  }
  return count == 0 ? kCandidateMsGuess : sum / static_cast<double>(count);
}

std::vector<Evaluators::Slow> Evaluators::slow(Now now) const {
  std::vector<Slow> result;
  if (free_.empty() || batches_ == 0) return result;
  const double usual_ms = usual_candidate_ms();
  // What the quickest of the idle would need.
  double idle_ms = 0;
  for (const auto& [incarnation, evaluator] : free_) {
    const double ms = evaluator->candidate_ms > 0 ? evaluator->candidate_ms : usual_ms;
    idle_ms = idle_ms == 0 ? ms : std::min(idle_ms, ms);
  }
  for (const auto& [incarnation, evaluator] : all_) {
    const double ms = evaluator.candidate_ms > 0 ? evaluator.candidate_ms : usual_ms;
    for (const auto& [sequence, batch] : evaluator.batches) {
      if (batch.copied || batch.late || batch.alone) continue;
      const std::int64_t usual = as_ns(ms * static_cast<double>(batch.queue));
      const std::int64_t there = as_ns(idle_ms * static_cast<double>(batch.keys.size()));
      const std::int64_t age = now.monotonic_ns - batch.sent_ns;
      const bool overdue = age > kTailFactor * usual + kTailSlackNs;
      const bool sooner = usual - age > kTailFactor * there + kTailSlackNs;
      if (overdue || sooner) result.push_back({incarnation, sequence, batch.run, batch.keys});
    }
  }
  return result;
}

void Evaluators::copied(const Slow& batch) {
  const auto entry = all_.find(batch.evaluator);
  if (entry == all_.end()) return;
  const auto held = entry->second.batches.find(batch.sequence);
  if (held != entry->second.batches.end()) held->second.copied = true;
}

std::size_t Evaluators::compatible() const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(),
      [](const All::value_type& entry) { return entry.second.here && entry.second.compatible; }));
}

std::size_t Evaluators::incompatible() const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(),
      [](const All::value_type& entry) { return entry.second.here && !entry.second.compatible; }));
}

}  // namespace mendel::ga_dispatcher
