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

double sound(double ms) { return ms > 0 && ms < 1e9 ? ms : 0; }

// What is not known of one is taken to be as usual.
Costs or_usual(const Costs& costs, const Costs& usual) {
  return {costs.plain_ms > 0 ? costs.plain_ms : usual.plain_ms,
          costs.detailed_ms > 0 ? costs.detailed_ms : usual.detailed_ms};
}

}  // namespace

double Evaluators::Load::ms(const Costs& costs) const {
  if ((plain > 0 && costs.plain_ms <= 0) || (detailed > 0 && costs.detailed_ms <= 0)) return 0;
  return costs.plain_ms * static_cast<double>(plain) +
         costs.detailed_ms * static_cast<double>(detailed);
}

std::string Evaluators::topic_of(std::string_view incarnation) {
  return std::string(kTopicPrefix).append(incarnation).append(".");
}

// ---- hellos, joining and leaving -------------------------------------------------------------

Released Evaluators::let_go(Released::How how, const std::string& incarnation, Batch& batch) {
  --batches_;
  return {how, std::move(batch.work.run), std::move(batch.work.keys), incarnation, batch.alone};
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
  evaluator.costs = {sound(credit.candidate_ms), sound(credit.detailed_ms)};
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
  Load held;
  for (const auto& [sequence, batch] : evaluator.batches) held.add(batch.work);
  const double work_ms = held.ms(evaluator.costs);
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
        out.push_back(
            {Released::How::late, batch.work.run, batch.work.keys, entry.first, batch.alone});
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
      const double ms = evaluator.costs.plain_ms;
      measured += ms > 0 ? 1 : 0;
      measured_per_ms += ms > 0 ? 1 / ms : 0;
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
  if (evaluator.costs.plain_ms <= 0 || candidates_per_ms_ <= 0) return 0;
  return std::min(1.0, 1 / (evaluator.costs.plain_ms * candidates_per_ms_));
}

std::vector<Evaluators::Free> Evaluators::free() const {
  std::vector<Free> result;
  result.reserve(free_.size());
  for (const auto& [incarnation, evaluator] : free_)
    result.push_back({std::string(incarnation), credits_of(*evaluator), evaluator->costs,
                      part_of(*evaluator), evaluator->batches.empty() && evaluator->held.empty()});
  return result;
}

std::uint64_t Evaluators::hold(const std::string& incarnation, Batch batch, Now now) {
  const auto entry = all_.find(incarnation);
  check(entry != all_.end() && credits_of(entry->second) > 0,
        "assign() beyond an evaluator's credits");
  Evaluator& evaluator = entry->second;
  for (const auto& [sequence, held] : evaluator.batches) batch.queue.add(held.work);
  batch.queue.add(batch.work);
  batch.sent_ns = now.monotonic_ns;
  const std::uint64_t sequence = evaluator.next_sequence++;
  evaluator.batches.emplace(sequence, std::move(batch));
  ++batches_;
  note(*entry);
  return sequence;
}

std::uint64_t Evaluators::assign(const std::string& incarnation, Work work, Now now) {
  Batch batch;
  batch.work = std::move(work);
  return hold(incarnation, std::move(batch), now);
}

std::uint64_t Evaluators::assign_alone(const std::string& incarnation, Work work, Now now) {
  check(work.keys.size() == 1, "assign_alone() of one candidate");
  Batch batch;
  batch.work = std::move(work);
  batch.alone = true;
  const auto entry = all_.find(incarnation);
  check(entry != all_.end() && entry->second.batches.empty() && entry->second.held.empty(),
        "assign_alone() to an evaluator that holds something");
  return hold(incarnation, std::move(batch), now);
}

// ---- the slow --------------------------------------------------------------------------------

// The mean over those that have measured it. A guess at what nobody has measured in detail would
// only call the first of them slow: it stays unknown.
Costs Evaluators::usual_costs() const {
  const auto mean = [this](bool detailed) {
    double sum = 0;
    std::size_t count = 0;
    for (const auto& [incarnation, evaluator] : all_) {
      if (!evaluator.here || evaluator.costs.of(detailed) <= 0) continue;
      sum += evaluator.costs.of(detailed);
      ++count;
    }
    return count == 0 ? 0 : sum / static_cast<double>(count);
  };
  const double plain_ms = mean(false);
  return {plain_ms > 0 ? plain_ms : kCandidateMsGuess, mean(true)};
}

Costs Evaluators::quickest_idle(const Costs& usual) const {
  Costs least;
  for (const auto& [incarnation, evaluator] : free_) {
    const Costs costs = or_usual(evaluator->costs, usual);
    const bool first = evaluator == free_.begin()->second;
    least.plain_ms = first ? costs.plain_ms : std::min(least.plain_ms, costs.plain_ms);
    least.detailed_ms = first ? costs.detailed_ms : std::min(least.detailed_ms, costs.detailed_ms);
  }
  return least;
}

std::vector<Evaluators::Slow> Evaluators::slow(Now now) const {
  std::vector<Slow> result;
  if (free_.empty() || batches_ == 0) return result;
  const Costs usual_of_all = usual_costs();
  const Costs idle = quickest_idle(usual_of_all);
  for (const auto& [incarnation, evaluator] : all_) {
    const Costs costs = or_usual(evaluator.costs, usual_of_all);
    for (const auto& [sequence, batch] : evaluator.batches) {
      if (batch.copied || batch.late || batch.alone) continue;
      const auto& [run, keys, detailed] = batch.work;
      const double usual_ms = batch.queue.ms(costs);
      if (usual_ms <= 0) continue;
      const std::int64_t usual = as_ns(usual_ms);
      const std::int64_t there = as_ns(idle.of(detailed) * static_cast<double>(keys.size()));
      const std::int64_t age = now.monotonic_ns - batch.sent_ns;
      const bool overdue = age > kTailFactor * usual + kTailSlackNs;
      const bool sooner = usual - age > kTailFactor * there + kTailSlackNs;
      if (overdue || sooner) result.push_back({incarnation, sequence, run, keys});
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
