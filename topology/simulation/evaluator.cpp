#include "topology/simulation/evaluator.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace mendel::simulation {

using evaluator::Done;
using evaluator::Work;

SimulatedEvaluator::SimulatedEvaluator(evaluator::Identity identity, EvaluatorTraits traits,
                                       Engines& engines, Disk& disk)
    : traits_(traits),
      topic_("ev." + identity.incarnation + "."),
      threads_(identity.threads),
      engines_(engines),
      disk_(disk),
      core_(std::move(identity)) {}

void SimulatedEvaluator::receive(runtime::Delivery delivery, Now now, runtime::Outbox&) {
  auto* batch = std::get_if<wire::CandidateBatch>(&delivery.message);
  if (batch == nullptr) return;
  if (traits_.foreign)
    disk_.complaints.push_back("an evaluator of another version was given candidates");
  core_.receive(std::move(*batch));
  submit(now);
}

int SimulatedEvaluator::work(Now now, runtime::Outbox& out) {
  const int moved = collect(now, out) + submit(now);
  core_.progress(candidates_);
  core_.moved(steps_, now);
  gave_up_ = core_.gives_up(now);
  return moved + core_.hello(now, out);
}

void SimulatedEvaluator::backlog(runtime::Edge edge, std::size_t messages) {
  if (edge == runtime::Edge::scores) core_.backlog(messages);
}

std::vector<std::string> SimulatedEvaluator::topics(runtime::Edge) const { return {topic_}; }

void SimulatedEvaluator::stop(Now now, runtime::Outbox& out) {
  running_.clear();
  core_.stop(now, out);
}

std::optional<std::int64_t> SimulatedEvaluator::wakes_at_ns() const {
  if (hangs() || running_.empty()) return std::nullopt;
  return std::min_element(running_.begin(), running_.end(),
                          [](const Running& a, const Running& b) { return a.ends_ns < b.ends_ns; })
      ->ends_ns;
}

void SimulatedEvaluator::stood_still(std::int64_t ns) {
  if (stalled_at_ns_) *stalled_at_ns_ += ns;
  for (auto& running : running_) running.ends_ns += ns;
}

void SimulatedEvaluator::stall(Now now) {
  if (!hangs()) stalled_at_ns_ = now.monotonic_ns;
}

void SimulatedEvaluator::unstall(Now now) {
  if (!hangs() || wedged_) return;
  for (auto& running : running_)
    running.ends_ns += now.monotonic_ns - std::min(*stalled_at_ns_, now.monotonic_ns);
  stalled_at_ns_.reset();
}

void SimulatedEvaluator::wedge(Now now) {
  stall(now);
  wedged_ = true;
}

void SimulatedEvaluator::slow_down() {
  constexpr double kTimes = 10;
  slowness_ = kTimes;
}

int SimulatedEvaluator::collect(Now now, runtime::Outbox& out) {
  if (hangs()) return 0;
  int collected = 0;
  for (auto entry = running_.begin(); entry != running_.end();) {
    if (entry->ends_ns > now.monotonic_ns) {
      ++entry;
      continue;
    }
    Done done = std::move(entry->done);
    entry = running_.erase(entry);
    if (done.not_ready.empty()) candidates_ += done.count;
    core_.progress(candidates_);
    core_.finished(std::move(done), now, out);
    ++collected;
    ++steps_;
  }
  return collected;
}

int SimulatedEvaluator::submit(Now now) {
  int submitted = 0;
  while (running_.size() < threads_) {
    const std::optional<Work> work = core_.next_work(now);
    if (!work) break;
    Done done = compute(*work, now);
    const std::int64_t ends_ns = now.monotonic_ns + done.elapsed_ns;
    running_.push_back({std::move(done), ends_ns});
    ++submitted;
    ++steps_;
  }
  return submitted;
}

Done SimulatedEvaluator::compute(const Work& work, Now now) {
  Done done{work.ticket, work.first, work.count, {}, "", 0};
  const wire::CandidateBatch& batch = *work.batch;
  const auto file = disk_.experiments.find(batch.experiment_digest);
  if (file == disk_.experiments.end() ||
      now.monotonic_ns < file->second.published_ns + traits_.file_lag_ns) {
    ++disk_.late_files;
    done.not_ready = "the experiment is not visible yet";
    return done;
  }
  const Engine* engine = engines_.get(batch.experiment_digest, file->second.text);
  const auto candidates = std::span(batch.candidates).subspan(work.first, work.count);
  if (engine != nullptr) done.scores = engine->scores(batch, candidates);
  if (done.scores.size() != candidates.size())
    disk_.complaints.push_back("a candidate's key is not its content's");
  disk_.computed += candidates.size();
  if (traits_.foreign)
    for (auto& score : done.scores) score.invalid = "of another engine";
  done.elapsed_ns = static_cast<std::int64_t>(traits_.candidate_ms * slowness_ *
                                              static_cast<double>(work.count * kNsPerMs));
  return done;
}

}  // namespace mendel::simulation
