#include "tests/support/fake_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shared/statistics/blocks.hpp"

namespace mendel::testing {
namespace {

using wiring::Edge;

constexpr std::uint32_t kCapacity = 2;

// 320 days that bear out the score's Sharpe ratio, more or less; the same for the same score.
std::vector<double> blocks_of_days(const wire::Score& score) {
  const double sharpe = score.rows.front().metrics.get(market::Metric::sharpe_ratio).value_or(0);
  Draws draws(static_cast<std::uint64_t>(1e6 * (sharpe + 1e6)), 0, 0, 1, Purpose::sample);
  std::vector<double> days;
  for (int day = 0; day < 320; ++day) days.push_back(0.01 * (draws.unit() - 0.5 + sharpe / 16));
  return statistics::to_numbers(statistics::blocks_of(days));
}

}  // namespace

struct FakeWorld::Evaluator {
  std::string incarnation;
  std::string self_test;
  bool mute = false;
  bool stalled = false;
  bool busy = false;
  bool leaving = false;
  bool has_detailed = false;  // it knows what that costs
  std::deque<wire::CandidateBatch> held;
  std::uint64_t received_through = 0;
  std::uint64_t progress = 0;
};

FakeWorld::FakeWorld(FakeWorldSettings settings, Score score)
    : settings_(settings),
      score_(std::move(score)),
      draws_(settings.seed, 0, 0, 0, Purpose::sample) {
  start_dispatcher();
  for (int i = 0; i < settings_.evaluators; ++i) add_evaluator();
}

FakeWorld::~FakeWorld() = default;

void FakeWorld::after(double ms, std::function<void()> what) {
  events_.emplace(now_.monotonic_ns + static_cast<std::int64_t>(ms * 1e6), std::move(what));
}

void FakeWorld::carry(const std::string& connection, std::function<void()> what) {
  const double ms = 0.1 + 2.0 * draws_.unit();
  std::int64_t& last_ns = carried_ns_[connection];
  last_ns = std::max(last_ns, now_.monotonic_ns + static_cast<std::int64_t>(ms * 1e6));
  events_.emplace(last_ns, std::move(what));
}

void FakeWorld::step() {
  constexpr std::int64_t kTickNs = 10 * kNsPerMs;
  std::int64_t next = now_.monotonic_ns + kTickNs;
  const bool event = !events_.empty() && events_.begin()->first <= next;
  if (event) next = std::max(now_.monotonic_ns, events_.begin()->first);
  now_.wall_ns += next - now_.monotonic_ns;
  now_.monotonic_ns = next;
  if (event) {
    const auto what = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    what();
  }
  for (int rounds = 0; core_ && rounds < 1000; ++rounds) {
    ga_dispatcher::Actions actions;
    const int done = core_->work(now_, actions);
    perform(actions);
    if (done == 0) return;
  }
}

bool FakeWorld::run_until(const std::function<bool()>& done, double seconds) {
  const std::int64_t end = now_.monotonic_ns + static_cast<std::int64_t>(seconds * 1e9);
  while (!done()) {
    if (now_.monotonic_ns > end) return false;
    step();
  }
  return true;
}

wire::Reply FakeWorld::ask(const std::string& action, const std::string& run,
                           const std::string& experiment) {
  wire::Request request;
  request.request_id = fmt::format("request{}", ++requests_);
  request.action = action;
  request.run = run;
  request.experiment = experiment;
  to_core(Edge::requests, "mendel", request);
  run_until([&] { return replies_.count(request.request_id) > 0; }, 10);
  return replies_[request.request_id];
}

config::Value FakeWorld::finish(const std::string& run) {
  const bool ended = run_until([&] {
    const std::string& state = progress_[run].state;
    return state == "finished" || state == "failed" || state == "cancelled";
  });
  if (!ended) faults.push_back("the run does not end");
  auto report = config::parse_json(runs[run]["report.json"], "report.json");
  return report ? *report : config::Value();
}

double FakeWorld::sample(const std::string& name) const {
  std::vector<wire::Sample> samples;
  if (core_) core_->samples(samples);
  for (const auto& one : samples)
    if (one.name == name) return one.value;
  return -1;
}

// ---- the dispatcher --------------------------------------------------------------------------

void FakeWorld::kill_dispatcher() { core_.reset(); }

void FakeWorld::start_dispatcher() {
  ga_dispatcher::Core::Settings settings;
  settings.incarnation = fmt::format("dispatcher{}", ++lives_);
  settings.evaluators = {1, "right", settings_.lease_ms * kNsPerMs};
  settings.verdict_sample = 40;
  settings.examine = [this](const strategy::Experiment&, const Digest&) { return examination; };
  core_ = std::make_unique<ga_dispatcher::Core>(settings);
  ga_dispatcher::Actions actions;
  for (const auto& [run, files] : runs)
    if (files.count("checkpoint") > 0)
      if (Status status = core_->restore(files.at("checkpoint"), now_, actions); !status)
        faults.push_back(status.error().message);
  for (const auto& [incarnation, evaluator] : evaluators_)
    core_->subscription(Edge::candidates, "ev." + incarnation + ".", true, now_);
  perform(actions);
}

void FakeWorld::to_core(Edge edge, const std::string& sender, wire::Message message) {
  const int life = lives_;
  carry(sender + " to dispatcher", [this, edge, life, message = std::move(message)] {
    if (!core_ || life != lives_) return;
    ga_dispatcher::Actions actions;
    core_->receive({edge, "", message}, now_, actions);
    perform(actions);
  });
}

void FakeWorld::perform(ga_dispatcher::Actions& actions) {
  for (auto& action : actions.list()) {
    if (auto* outgoing = std::get_if<runtime::Outgoing>(&action)) {
      route(std::move(*outgoing));
    } else if (auto* publish = std::get_if<ga_dispatcher::PublishExperiment>(&action)) {
      experiments.insert(publish->digest.hex());
    } else if (auto* file = std::get_if<ga_dispatcher::SaveRunFile>(&action)) {
      if (file->name == "checkpoint") checkpoints[file->run].push_back(file->bytes);
      runs[file->run][file->name] = std::move(file->bytes);
    } else if (auto* report = std::get_if<ga_dispatcher::ReplyWithReport>(&action)) {
      wire::Reply reply;
      reply.body = runs[report->run][report->file];
      replies_[report->request_id] = std::move(reply);
    }
  }
}

void FakeWorld::route(runtime::Outgoing outgoing) {
  if (auto* batch = std::get_if<wire::CandidateBatch>(&outgoing.message)) {
    if (runs[batch->run].count("checkpoint") == 0) faults.push_back("handed out, not saved");
    if (experiments.count(batch->experiment_digest.hex()) == 0)
      faults.push_back("handed out before the experiment was published");
    auto& genomes = batches[batch->run].emplace_back();
    for (const auto& candidate : batch->candidates) genomes.push_back(candidate.genome);
    if (lost(settings_.lose_batches)) return;
    carry("dispatcher to " + batch->target, [this, batch = *batch] {
      const auto entry = evaluators_.find(batch.target);
      if (entry == evaluators_.end()) return;
      Evaluator& evaluator = *entry->second;
      evaluator.held.push_back(batch);
      evaluator.received_through = std::max(evaluator.received_through, batch.sequence);
      if (evaluator.held.size() > kCapacity) faults.push_back("more batches than capacity");
      evaluate(evaluator);
    });
  } else if (auto* dataset_order = std::get_if<wire::DatasetOrder>(&outgoing.message)) {
    order(*dataset_order);
  } else if (auto* progress = std::get_if<wire::Progress>(&outgoing.message)) {
    progress_[progress->run] = std::move(*progress);
  } else if (auto* reply = std::get_if<wire::Reply>(&outgoing.message)) {
    replies_[reply->request_id] = std::move(*reply);
  } else {
    to_writer("dispatcher", std::move(outgoing.message));
  }
}

// ---- data_loader -----------------------------------------------------------------------------

void FakeWorld::order(const wire::DatasetOrder& order) {
  orders.push_back(order);
  wire::Dataset dataset;
  dataset.order_id = order.order_id;
  dataset.error = dataset_error;
  if (dataset_error.empty()) dataset.dataset_id = sha256("dataset of " + order.symbols.front());
  dataset.quality = quality;
  to_core(Edge::datasets, "data_loader", dataset);
}

// ---- evaluators ------------------------------------------------------------------------------

std::string FakeWorld::add_evaluator(const std::string& self_test) {
  auto evaluator = std::make_unique<Evaluator>();
  const std::string incarnation = fmt::format("e{}", ++evaluators_made_);
  evaluator->incarnation = incarnation;
  evaluator->self_test = self_test;
  evaluators_[incarnation] = std::move(evaluator);
  if (core_) core_->subscription(Edge::candidates, "ev." + incarnation + ".", true, now_);
  beat(incarnation);
  return incarnation;
}

void FakeWorld::kill_evaluator(const std::string& incarnation) {
  evaluators_.erase(incarnation);
  if (core_) core_->subscription(Edge::candidates, "ev." + incarnation + ".", false, now_);
}

void FakeWorld::mute_evaluator(const std::string& incarnation) {
  evaluators_.at(incarnation)->mute = true;
}

void FakeWorld::stall_evaluator(const std::string& incarnation) {
  evaluators_.at(incarnation)->stalled = true;
}

void FakeWorld::leave_evaluator(const std::string& incarnation) {
  Evaluator& evaluator = *evaluators_.at(incarnation);
  evaluator.leaving = true;
  evaluator.held.clear();
  hello(incarnation);
  after(50, [this, incarnation] { kill_evaluator(incarnation); });
}

std::vector<std::string> FakeWorld::evaluators() const {
  std::vector<std::string> living;
  for (const auto& [incarnation, evaluator] : evaluators_) living.push_back(incarnation);
  return living;
}

// What the batch does to the evaluator, when it is no ordinary one.
bool FakeWorld::succumbs(Evaluator& evaluator) {
  if (!fate) return false;
  for (const auto& candidate : evaluator.held.front().candidates) {
    const Fate what = fate(candidate.genome);
    if (what == Fate::scored) continue;
    ++deaths;
    const std::string incarnation = evaluator.incarnation;
    // One that hangs is looked at by its supervisor, in the end.
    after(what == Fate::dies ? 1 : 5000 + settings_.lease_ms, [this, incarnation] {
      if (evaluators_.count(incarnation) > 0) kill_evaluator(incarnation);
      after(settings_.restart_ms, [this] { add_evaluator(); });
    });
    return true;
  }
  return false;
}

std::optional<std::string> FakeWorld::busy_evaluator() const {
  for (const auto& [incarnation, evaluator] : evaluators_)
    if (!evaluator->held.empty()) return incarnation;
  return std::nullopt;
}

// A hello every 200 ms for as long as it lives.
void FakeWorld::beat(const std::string& incarnation) {
  if (evaluators_.count(incarnation) == 0) return;
  hello(incarnation);
  after(200, [this, incarnation] { beat(incarnation); });
}

void FakeWorld::hello(const std::string& incarnation) {
  const Evaluator& evaluator = *evaluators_.at(incarnation);
  if (evaluator.mute) return;
  wire::Credit credit;
  credit.incarnation = incarnation;
  credit.engine_version = 1;
  credit.self_test_digest = evaluator.self_test;
  credit.capacity = evaluator.leaving ? 0 : kCapacity;
  credit.received_through = evaluator.received_through;
  for (const auto& batch : evaluator.held) credit.held.push_back(batch.sequence);
  credit.progress = evaluator.progress;
  credit.candidate_ms = settings_.candidate_ms;
  credit.detailed_ms = evaluator.has_detailed ? detailed_ms() : 0;
  to_core(Edge::credits, incarnation, std::move(credit));
}

double FakeWorld::detailed_ms() const {
  return settings_.detailed_ms > 0 ? settings_.detailed_ms : settings_.candidate_ms;
}

void FakeWorld::evaluate(Evaluator& evaluator) {
  if (evaluator.busy || evaluator.stalled || evaluator.held.empty()) return;
  evaluator.busy = true;
  if (succumbs(evaluator)) return;
  const auto count = static_cast<double>(evaluator.held.front().candidates.size());
  const std::string incarnation = evaluator.incarnation;
  const bool detailed = evaluator.held.front().detail != wire::kDetailNone;
  const double each_ms = detailed ? detailed_ms() : settings_.candidate_ms;
  after(each_ms * count * (0.5 + draws_.unit()), [this, incarnation, detailed] {
    const auto entry = evaluators_.find(incarnation);
    if (entry == evaluators_.end()) return;
    Evaluator& self = *entry->second;
    if (self.leaving) return;
    const wire::CandidateBatch batch = self.held.front();
    wire::ScoreBatch scores;
    for (const auto& candidate : batch.candidates) {
      wire::Score score = score_(candidate.genome);
      if ((batch.detail & wire::kDetailDailyBlocks) != 0 && score.invalid.empty())
        score.blocks = blocks_of_days(score);
      score.key = candidate.key;
      score.run = batch.run;
      score.generation = batch.generation;
      score.born_at_ns = batch.born_at_ns;
      scores.scores.push_back(std::move(score));
    }
    evaluated += scores.scores.size();
    self.progress += scores.scores.size();
    self.held.pop_front();
    self.has_detailed = self.has_detailed || detailed;
    self.busy = false;
    if (!self.mute && !lost(settings_.lose_scores)) to_writer(incarnation, std::move(scores));
    hello(incarnation);
    evaluate(self);
  });
}

// ---- results_writer --------------------------------------------------------------------------

void FakeWorld::restart_writer() {
  writer_here_ = true;
  ++epoch_;
  sequence_ = 0;
  publish({});
}

void FakeWorld::publish(wire::Recorded notice) {
  notice.epoch = epoch_;
  notice.sequence = ++sequence_;
  if (!lost(settings_.lose_notices)) to_core(Edge::recorded, "writer", std::move(notice));
}

void FakeWorld::to_writer(const std::string& sender, wire::Message message) {
  carry(sender + " to writer", [this, message = std::move(message)] {
    if (!writer_here_) return;
    wire::Recorded notice;
    if (const auto* batch = std::get_if<wire::ScoreBatch>(&message)) {
      for (const auto& score : batch->scores) {
        recorded.emplace(score.key, score);
        notice.scores.push_back(recorded.at(score.key));
      }
    } else if (const auto* query = std::get_if<wire::Query>(&message)) {
      notice.query_id = query->query_id;
      for (const auto& key : query->keys) {
        if (recorded.count(key) > 0)
          notice.scores.push_back(recorded.at(key));
        else
          notice.missing_keys.push_back(key);
      }
      for (const auto& id : query->record_ids)
        (records.count(id) > 0 ? notice.record_ids : notice.missing_record_ids).push_back(id);
    } else {
      const std::string id = std::visit(
          [](const auto& record) -> std::string {
            if constexpr (requires { record.record_id; }) return record.record_id;
            return "";
          },
          message);
      records.emplace(id, message);
      notice.record_ids.push_back(id);
    }
    publish(std::move(notice));
  });
}

}  // namespace mendel::testing
