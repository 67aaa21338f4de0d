#include "topology/simulation/dispatcher.hpp"

#include <utility>
#include <variant>

#include "shared/config/value.hpp"
#include "stages/ga_dispatcher/checkpoint.hpp"

namespace mendel::simulation {

using ga_dispatcher::Actions;
using runtime::Edge;

namespace {

constexpr const char* kRole = "ga_dispatcher";
constexpr std::int64_t kRetryNs = kNsPerSecond;

}  // namespace

Dispatcher::Dispatcher(ga_dispatcher::Core::Settings settings, Disk& disk)
    : disk_(disk), settings_(std::move(settings)) {}

Dispatcher::~Dispatcher() { disk_.epochs.gone(kRole, epoch_); }

void Dispatcher::receive(runtime::Delivery delivery, Now now, runtime::Outbox& out) {
  if (!core_ || steps_down(now)) return;
  if (const auto* recorded = std::get_if<wire::Recorded>(&delivery.message)) {
    for (const auto& score : recorded->scores) disk_.told_scores.insert(score.key);
    disk_.told_records.insert(recorded->record_ids.begin(), recorded->record_ids.end());
  }
  Actions actions;
  core_->receive(delivery, now, actions);
  perform(actions, now, out);
}

void Dispatcher::subscription(Edge edge, const std::string& topic, bool joined, Now now,
                              runtime::Outbox&) {
  if (edge != Edge::candidates) return;
  if (joined)
    joined_.insert(topic);
  else
    joined_.erase(topic);
  if (core_) core_->subscription(edge, topic, joined, now);
}

int Dispatcher::work(Now now, runtime::Outbox& out) {
  if (!core_ && !take_over(now, out)) return 0;
  if (steps_down(now)) return 0;
  if (!undone_.empty()) {
    if (now.monotonic_ns - tried_ns_ < kRetryNs) return 0;
    tried_ns_ = now.monotonic_ns;
    Actions nothing;
    perform(nothing, now, out);
    if (crashed_ || !undone_.empty()) return 0;
  }
  Actions actions;
  const int done = core_->work(now, actions);
  perform(actions, now, out);
  return done;
}

std::vector<std::string> Dispatcher::topics(Edge edge) const {
  if (edge == Edge::datasets) return {"dataset."};
  return {"recorded."};
}

double Dispatcher::sample(const std::string& name) const {
  std::vector<wire::Sample> all;
  samples(all);
  for (const auto& one : all)
    if (one.name == name) return one.value;
  return -1;
}

bool Dispatcher::take_over(Now now, runtime::Outbox& out) {
  if (tried_ns_ != 0 && now.monotonic_ns - tried_ns_ < kRetryNs) return false;
  tried_ns_ = now.monotonic_ns;
  if (!disk_.takes_file()) return false;
  const auto epoch = disk_.epochs.take(kRole, now);
  if (!epoch) return false;
  epoch_ = *epoch;
  core_ = std::make_unique<ga_dispatcher::Core>(settings_);
  Actions actions;
  for (const auto& [run, files] : disk_.runs) {
    const auto file = files.find(ga_dispatcher::kCheckpointName);
    if (file == files.end()) continue;
    if (Status status = core_->restore(file->second, now, actions); !status)
      disk_.complaints.push_back("a checkpoint is not restored: " + status.error().message);
  }
  for (const auto& topic : joined_) core_->subscription(Edge::candidates, topic, true, now);
  perform(actions, now, out);
  return true;
}

bool Dispatcher::steps_down(Now now) {
  if (disk_.epochs.beat(kRole, epoch_, now)) return false;
  core_.reset();
  undone_.clear();
  return true;
}

void Dispatcher::perform(Actions& actions, Now now, runtime::Outbox& out) {
  for (auto& action : actions.list()) undone_.push_back(std::move(action));
  while (!undone_.empty() && !crashed_) {
    if (!std::visit([&](auto& one) { return act(one, now, out); }, undone_.front())) return;
    undone_.pop_front();
    if (!actions_left_ || --*actions_left_ > 0) continue;
    crashed_ = true;
    out.messages().clear();
  }
}

bool Dispatcher::act(runtime::Outgoing& outgoing, Now, runtime::Outbox& out) {
  if (const auto* batch = std::get_if<wire::CandidateBatch>(&outgoing.message)) witness(*batch);
  out.messages().push_back(std::move(outgoing));
  return true;
}

bool Dispatcher::act(const ga_dispatcher::PublishExperiment& effect, Now now, runtime::Outbox&) {
  if (!disk_.experiments.contains(effect.digest) && !disk_.takes_file()) return false;
  disk_.experiments.try_emplace(effect.digest, Disk::Experiment{effect.text, now.monotonic_ns});
  return true;
}

bool Dispatcher::act(const ga_dispatcher::SaveRunFile& effect, Now, runtime::Outbox&) {
  if (!disk_.takes_file()) return false;
  disk_.runs[effect.run][effect.name] = effect.bytes;
  return true;
}

bool Dispatcher::act(const ga_dispatcher::AppendAudit&, Now, runtime::Outbox&) {
  return true;  // a line that is not written is told in the log
}

bool Dispatcher::act(ga_dispatcher::ReplyWithReport& effect, Now, runtime::Outbox& out) {
  wire::Reply reply;
  reply.request_id = effect.request_id;
  auto report = config::parse_json(disk_.runs[effect.run][ga_dispatcher::kReportName], "report");
  if (report) effect.body.set("report", std::move(*report));
  reply.body = config::to_json(effect.body);
  out.publish(Edge::progress, "reply." + effect.request_id + ".", std::move(reply));
  return true;
}

// Checkpoint and publish, then hand out.
void Dispatcher::witness(const wire::CandidateBatch& batch) {
  if (disk_.runs[batch.run].count(ga_dispatcher::kCheckpointName) == 0)
    disk_.complaints.push_back("candidates were handed out before the run was saved");
  if (disk_.experiments.count(batch.experiment_digest) == 0)
    disk_.complaints.push_back("candidates were handed out before the experiment was published");
  if (batch.candidates.size() > 1) return;
  disk_.alone[batch.target].insert(batch.candidates.front().key);
  if (disk_.struck.count(batch.target) > 0) ++disk_.deaths[batch.candidates.front().key];
}

}  // namespace mendel::simulation
