#include "stages/ga_dispatcher/ga_dispatcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "shared/base/ids.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::ga_dispatcher {
namespace {

using wiring::Edge;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min() / 2;
// results_writer says something at least when it is asked; this long without is worth telling.
constexpr std::int64_t kWriterSilenceNs = 5 * kNsPerSecond;

wire::Reply reply_to(const wire::Request& request, const Result<config::Value>& result) {
  wire::Reply reply;
  reply.request_id = request.request_id;
  if (result) {
    reply.body = config::to_json(*result);
  } else {
    reply.error = result.error().message;
    reply.error_kind = result.error().exit_code();
  }
  return reply;
}

// What is told of a run that has ended and is kept in a file of its folder only.
bool reply_from_file(const wire::Request& request, const Run& run, Actions& out) {
  if (request.action == "show" && run.state() == RunState::finished)
    out.effect(ReplyWithReport{request.request_id, run.id(), run.details()});
  else if (request.action == "genomes" && run.ended())
    out.effect(
        ReplyWithReport{request.request_id, run.id(), run.details(), kGenomesName, "genomes"});
  else
    return false;
  return true;
}

}  // namespace

Core::Core(Settings settings)
    : settings_(std::move(settings)),
      evaluators_(settings_.evaluators),
      questions_(settings_.incarnation),
      looked_ns_(kNever),
      tail_ns_(kNever),
      heard_ns_(kNever) {}

RunContext Core::context() {
  return {
      &looks_,           settings_.report_best_max, settings_.evaluators.engine_version,
      settings_.examine, settings_.verdict_sample,  [this](const Run& run) { return trials(run); },
      &scored_};
}

// Runs of the same search tried the same genomes: the longest of them counts. What other searches
// have tried twice counts twice, which only makes the verdict stricter.
std::int64_t Core::trials(const Run& of) const {
  std::map<std::pair<Digest, Digest>, std::uint64_t> searches;
  for (const auto& [id, run] : runs_) {
    if (!same_in_sample(of.experiment().data, run->experiment().data)) continue;
    std::uint64_t& most = searches[{run->dataset_id(), run->experiment().nameless_digest}];
    most = std::max(most, run->evaluations());
  }
  std::uint64_t all = 0;
  for (const auto& [search, evaluations] : searches) all += evaluations;
  return static_cast<std::int64_t>(all);
}

Status Core::restore(std::string_view checkpoint_bytes, Now now, Actions& out) {
  auto checkpoint = decode_checkpoint(checkpoint_bytes);
  if (!checkpoint) return checkpoint.error();
  auto run = Run::resume(std::move(*checkpoint), context(), now, out);
  if (!run) return run.error();
  std::string id = (*run)->id();
  runs_[std::move(id)] = std::move(*run);
  return {};
}

void Core::receive(const runtime::Delivery& delivery, Now now, Actions& out) {
  if (const auto* credit = std::get_if<wire::Credit>(&delivery.message)) {
    release(evaluators_.hello(*credit, now), now);
  } else if (const auto* notice = std::get_if<wire::Recorded>(&delivery.message)) {
    heard_ns_ = now.monotonic_ns;
    recorded(*notice);
  } else if (const auto* request = std::get_if<wire::Request>(&delivery.message)) {
    answer(*request, now, out);
  } else if (const auto* dataset = std::get_if<wire::Dataset>(&delivery.message)) {
    const auto run = runs_.find(dataset->order_id);
    if (run != runs_.end()) run->second->receive(*dataset, now, out);
  }
}

void Core::subscription(Edge edge, std::string_view topic, bool joined, Now now) {
  if (edge == Edge::candidates) release(evaluators_.subscription(topic, joined, now), now);
}

// ---- requests --------------------------------------------------------------------------------

void Core::answer(const wire::Request& request, Now now, Actions& out) {
  if (request.request_id.empty() || request.request_id.size() > kRequestIdBytesMax) return;
  Result<config::Value> result = config::Value();
  if (request.action == "submit") {
    result = submit(request, now, out);
  } else if (request.action == "list") {
    result = list();
  } else if (request.action == "show" || request.action == "genomes") {
    const auto run = find(request.run);
    if (run && reply_from_file(request, **run, out)) return;
    result = run ? Result<config::Value>((*run)->details()) : Result<config::Value>(run.error());
    if (run && request.action == "genomes") result->set("genomes", (*run)->genomes());
  } else if (request.action == "cancel") {
    result = cancel(request.run, now, out);
  } else {
    result = configuration_error(fmt::format(
        "request: unknown action '{}'{}", request.action.substr(0, 64),
        config::suggestion(request.action, {"submit", "list", "show", "genomes", "cancel"})));
  }
  out.publish(Edge::progress, "reply." + request.request_id + ".", reply_to(request, result));
}

Result<config::Value> Core::submit(const wire::Request& request, Now now, Actions& out) {
  if (!is_ulid(request.run))
    return configuration_error(
        fmt::format("submit: '{}' is no run id (a ULID)", request.run.substr(0, 64)));
  const auto known = runs_.find(request.run);
  if (known != runs_.end()) return known->second->summary();  // a resent submission
  if (active_runs() >= kRunsActiveMax)
    return transient_error(
        fmt::format("submit: {} runs are active, which is the most; wait for one or cancel one",
                    kRunsActiveMax));
  auto run = Run::submit(request, context(), now, out);
  if (!run) return run.error();
  config::Value line;
  line.set("at", format_time(now.wall_ns));
  line.set("action", "submit");
  line.set("run", request.run);
  line.set("name", request.name);
  line.set("experiment", (*run)->experiment().digest.hex());
  out.effect(AppendAudit{config::to_json(line)});
  config::Value summary = (*run)->summary();
  runs_[request.run] = std::move(*run);
  return summary;
}

Result<config::Value> Core::cancel(const std::string& id, Now now, Actions& out) {
  const auto run = find(id);
  if (!run) return run.error();
  (*run)->cancel(now, out);
  out.effect(AppendAudit{fmt::format(R"({{"at":"{}","action":"cancel","run":"{}"}})",
                                     format_time(now.wall_ns), (*run)->id())});
  return (*run)->summary();
}

Result<config::Value> Core::list() const {
  config::Value all = config::Value::array();
  std::size_t listed = 0;
  for (auto entry = runs_.rbegin(); entry != runs_.rend() && listed < kListedMax; ++entry, ++listed)
    all.push(entry->second->summary());
  config::Value body;
  body.set("runs", std::move(all));
  return body;
}

Result<Run*> Core::find(const std::string& run) const {
  const auto entry = runs_.find(run);
  if (entry == runs_.end())
    return configuration_error(fmt::format(
        "run '{}' is not known; `mendel runs` shows those that are", run.substr(0, 64)));
  return entry->second.get();
}

// ---- what is recorded ------------------------------------------------------------------------

void Core::recorded(const wire::Recorded& recorded) {
  if (!questions_.follow(recorded)) return;
  const bool answer = questions_.is_ours(recorded.query_id);
  for (auto& [id, run] : runs_) {
    if (run->quiet()) continue;
    run->accept(recorded.scores);
    for (const auto& record_id : recorded.record_ids) run->records().acknowledge(record_id);
    if (!answer) continue;
    for (const auto& key : recorded.missing_keys) run->outstanding().missing(key);
    for (const auto& record_id : recorded.missing_record_ids) run->records().missing(record_id);
  }
}

void Core::release(const std::vector<Released>& released, Now now) {
  for (const auto& batch : released) {
    const auto run = runs_.find(batch.run);
    if (run == runs_.end()) continue;
    Outstanding& outstanding = run->second->outstanding();
    switch (batch.how) {
      case Released::How::settled:
        outstanding.settled(batch.keys, now);
        break;
      case Released::How::overdue:
        outstanding.overdue(batch.keys);
        break;
      case Released::How::returned:
        outstanding.returned(batch.keys);
        break;
      case Released::How::late:
        outstanding.late(batch.keys);
        break;
      case Released::How::lost:
        outstanding.lost(batch.keys, batch.evaluator, batch.alone);
        break;
    }
  }
}

void Core::ask(Now now, Actions& out) {
  const bool everything = questions_.take_gap(now);
  std::vector<Digest> keys;
  std::vector<std::string> record_ids;
  for (auto& [id, run] : runs_) {
    if (run->quiet()) continue;
    auto due = run->outstanding().due(now);
    if (everything) {
      due = run->outstanding().in_flight();
      for (auto& record_id : run->records().ids()) record_ids.push_back(std::move(record_id));
    }
    keys.insert(keys.end(), due.begin(), due.end());
  }
  questions_.ask(keys, record_ids, now, out);
  questions_.forget_old(now);
}

// ---- handing out -----------------------------------------------------------------------------

// min(20 ms of work by its measured cost, what is pending / (4 x free credits)); or more, see
// kSharersMax, as long as it is half of the evaluator's part of what is pending. What is computed
// in detail is computed one by one and shares nothing.
std::size_t Core::batch_size(const Evaluators::Free& evaluator, std::size_t pending,
                             bool detailed) const {
  const double guess = detailed ? kDetailedMsGuess : kCandidateMsGuess;
  const double measured = evaluator.costs.of(detailed);
  const double cost = measured > 0 ? measured : guess;
  const auto candidates = [cost](double ms) {
    return std::max<std::size_t>(
        1, static_cast<std::size_t>(std::min(ms / cost, double{wire::kCandidatesPerBatchMax})));
  };
  std::size_t most = candidates(kBatchMsMax);
  if (one_searches_ && !detailed) {
    const auto part = static_cast<std::size_t>(static_cast<double>(pending) * evaluator.part);
    most = std::max(most, std::min({kSharersMax, candidates(kSharersMsMax), part / 2}));
  }
  const std::size_t share = pending / (kShares * std::max<std::size_t>(1, free_credits_));
  return std::clamp(share, candidates(kBatchMsMin), most);
}

void Core::send(Run& run, const Evaluators::Free& evaluator, Outstanding::HandOut taken, bool alone,
                Now now, Actions& out) {
  handed_out_ += taken.candidates.size();
  if (evaluators_.batches() == 0) heard_ns_ = now.monotonic_ns;  // nothing was to be heard before
  Evaluators::Work work{run.id(), {}, taken.is_detailed()};
  work.keys.reserve(taken.candidates.size());
  for (const auto& candidate : taken.candidates) work.keys.push_back(candidate.key);
  wire::CandidateBatch batch;
  batch.run = run.id();
  batch.generation = taken.birth.generation;
  batch.born_at_ns = taken.birth.born_at_ns;
  batch.target = evaluator.incarnation;
  batch.sequence = alone ? evaluators_.assign_alone(evaluator.incarnation, std::move(work), now)
                         : evaluators_.assign(evaluator.incarnation, std::move(work), now);
  batch.dataset_id = run.dataset_id();
  batch.experiment_digest = taken.experiment.is_zero() ? run.experiment().digest : taken.experiment;
  batch.windows = taken.windows;
  batch.detail = taken.detail;
  batch.engine_version = settings_.evaluators.engine_version;
  batch.candidates = std::move(taken.candidates);
  run.count_redispatched(taken.again);
  redispatched_ += taken.again;
  out.publish(Edge::candidates, Evaluators::topic_of(evaluator.incarnation), std::move(batch));
}

// Gives one batch to the evaluator, of the run whose turn it is. False: there is none.
bool Core::hand_one(const Evaluators::Free& evaluator, Now now, Actions& out) {
  if (runs_.empty()) return false;
  auto turn = runs_.upper_bound(last_served_);
  for (std::size_t i = 0; i < runs_.size(); ++i, ++turn) {
    if (turn == runs_.end()) turn = runs_.begin();
    Run& run = *turn->second;
    const std::size_t pending = run.outstanding().pending();
    if (pending == 0) continue;
    const bool detailed = run.outstanding().is_next_detailed();
    Outstanding::HandOut taken =
        run.outstanding().take(batch_size(evaluator, pending, detailed), now);
    if (taken.candidates.empty()) continue;
    last_served_ = run.id();
    send(run, evaluator, std::move(taken), false, now, out);
    return true;
  }
  return false;
}

// One of those that an evaluator has died with, to an evaluator that has nothing else.
bool Core::hand_alone(const Evaluators::Free& evaluator, Now now, Actions& out) {
  for (auto& [id, run] : runs_) {
    Outstanding::HandOut taken = run->outstanding().take_alone(now);
    if (taken.candidates.empty()) continue;
    send(*run, evaluator, std::move(taken), true, now, out);
    return true;
  }
  return false;
}

int Core::hand_out(Now now, Actions& out) {
  int batches = 0;
  std::size_t pending = 0;
  std::size_t alone = 0;
  std::size_t searching = 0;
  for (const auto& [id, run] : runs_) {
    pending += run->outstanding().pending();
    alone += run->outstanding().alone();
    searching += run->ended() ? 0 : 1;
  }
  one_searches_ = searching <= 1;
  // A round gives everyone with room one batch, so that a small generation is spread.
  for (bool any = pending + alone > 0 && evaluators_.any_free(); any;) {
    any = false;
    const auto free = evaluators_.free();
    free_credits_ = 0;
    for (const auto& evaluator : free) free_credits_ += evaluator.credits;
    // What must be computed alone waits for an evaluator to fall idle: some get nothing else.
    std::size_t kept_free = std::min(alone, std::max<std::size_t>(1, evaluators_.compatible() / 2));
    for (const auto& evaluator : free) {
      const bool keep = kept_free > 0;
      if (keep) --kept_free;
      const bool handed =
          keep ? evaluator.idle && hand_alone(evaluator, now, out) : hand_one(evaluator, now, out);
      if (!handed) continue;
      if (keep) --alone;
      any = true;
      ++batches;
    }
  }
  return batches;
}

// With nothing pending and evaluators idle: second copies of what the slow still hold.
int Core::hand_tail(Now now, Actions& out) {
  tail_ns_ = now.monotonic_ns;
  const auto slow = evaluators_.slow(now);
  if (slow.empty()) return 0;
  std::size_t candidates = 0;
  for (const auto& batch : slow) candidates += batch.keys.size();
  int batches = 0;
  auto next = slow.begin();
  const auto free = evaluators_.free();
  // All who are there will soon be idle: what is slow is spread over them.
  const std::size_t share = std::max<std::size_t>(1, candidates / evaluators_.compatible());
  for (const auto& evaluator : free) {
    while (next != slow.end() && next->evaluator != evaluator.incarnation) {
      const auto run = runs_.find(next->run);
      Outstanding::HandOut taken;
      if (run != runs_.end()) taken = run->second->outstanding().take_again(next->keys, share, now);
      if (taken.candidates.empty()) {
        evaluators_.copied(*next++);
        continue;
      }
      copied_ += taken.candidates.size();
      send(*run->second, evaluator, std::move(taken), false, now, out);
      ++batches;
      break;
    }
  }
  return batches;
}

// The verdict on a candidate is a score like any other: it counts once it is recorded, and is the
// same for everyone who reads the log (docs/dispatch.md).
void Core::quarantine(Now now, Actions& out) {
  for (auto& [id, run] : runs_) {
    wire::ScoreBatch batch;
    batch.evaluator = settings_.incarnation;
    for (auto& candidate : run->outstanding().quarantined(now)) {
      wire::Score score;
      score.key = candidate.key;
      score.run = id;
      score.generation = candidate.birth.generation;
      score.born_at_ns = candidate.birth.born_at_ns;
      score.invalid = kQuarantined;
      batch.scores.push_back(std::move(score));
      if (!candidate.is_new) continue;
      ++quarantined_;
      config::Value line;
      line.set("at", format_time(now.wall_ns));
      line.set("action", "quarantine");
      line.set("run", id);
      line.set("candidate", candidate.key.hex());
      config::Value genome = config::Value::array();
      for (const double gene : candidate.genome) genome.push(gene);
      line.set("genome", std::move(genome));
      out.effect(AppendAudit{config::to_json(line)});
    }
    if (!batch.scores.empty()) out.send(Edge::records, std::move(batch));
  }
}

// ---- the duty cycle --------------------------------------------------------------------------

std::string Core::hindrance(Now now) const {
  if (evaluators_.compatible() == 0) {
    if (evaluators_.incompatible() > 0)
      return fmt::format("{} evaluators are of another version and get no work; restart them",
                         evaluators_.incompatible());
    return "waiting for an evaluator";
  }
  if (now.monotonic_ns - heard_ns_ > kWriterSilenceNs) return "waiting for results_writer";
  return "";
}

bool Core::look(Now now, Actions& out) {
  if (now.monotonic_ns - looked_ns_ < kLookNs) return false;
  looked_ns_ = now.monotonic_ns;
  release(evaluators_.look(now), now);
  quarantine(now, out);
  ask(now, out);
  const std::string text = hindrance(now);
  for (auto& [id, run] : runs_) {
    const bool searching = run->state() == RunState::running || run->state() == RunState::reporting;
    run->set_hindrance(searching ? text : "");
    run->set_evaluators(static_cast<std::uint32_t>(evaluators_.compatible()));
  }
  return true;
}

int Core::work(Now now, Actions& out) {
  int done = 0;
  const bool looked = look(now, out);
  for (auto& [id, run] : runs_)
    if (!run->quiet()) done += run->work(now, out);
  // A generation that is looked up first waits for the answer: it is asked for at once.
  const bool asks = std::any_of(runs_.begin(), runs_.end(), [](const auto& entry) {
    return entry.second->outstanding().asks_at_once();
  });
  if (asks) ask(now, out);
  done += hand_out(now, out);
  if (looked || now.monotonic_ns - tail_ns_ >= kTailLookNs) done += hand_tail(now, out);
  return done;
}

std::size_t Core::active_runs() const {
  return static_cast<std::size_t>(std::count_if(
      runs_.begin(), runs_.end(), [](const auto& entry) { return !entry.second->ended(); }));
}

std::string Core::recovered() const {
  std::string text = fmt::format("{} runs go on", active_runs());
  for (const auto& [id, run] : runs_)
    if (!run->ended())
      text += fmt::format(", {} ({}) after generation {}", id, state_name(run->state()),
                          run->progress({}).generation);
  return text + fmt::format("; {} have ended", runs_.size() - active_runs());
}

void Core::samples(std::vector<wire::Sample>& out) const {
  std::size_t pending = 0;
  std::size_t outstanding = 0;
  std::uint64_t evaluations = 0;
  std::uint64_t cache_hits = 0;
  std::uint64_t duplicates = 0;
  const Run* latest = nullptr;
  for (const auto& [id, run] : runs_) {
    const std::size_t waits = run->outstanding().pending() + run->outstanding().alone();
    pending += waits;
    outstanding += run->outstanding().size() - waits;
    evaluations += run->evaluations_of_this_life();
    cache_hits += run->cache_hits_of_this_life();
    duplicates += run->duplicates_of_this_life();
    if (latest == nullptr || !run->ended() || latest->ended()) latest = run.get();
  }
  const auto add = [&](const char* name, double value) { out.push_back({name, "", value}); };
  if (latest != nullptr) {
    const wire::Progress p = latest->progress({});
    add("generation", static_cast<double>(p.generation));
    add("best_fitness", p.best);
    add("mean_fitness", p.mean);
  }
  add("evaluations_total", static_cast<double>(evaluations));
  add("cache_hits_total", static_cast<double>(cache_hits));
  add("duplicate_candidates_total", static_cast<double>(duplicates));
  add("redispatched_total", static_cast<double>(redispatched_));
  add("copied_total", static_cast<double>(copied_));
  add("quarantined_total", static_cast<double>(quarantined_));
  add("handed_out_total", static_cast<double>(handed_out_));
  add("evaluators", static_cast<double>(evaluators_.compatible()));
  add("incompatible_evaluators", static_cast<double>(evaluators_.incompatible()));
  add("pending", static_cast<double>(pending));
  add("outstanding", static_cast<double>(outstanding));
  add("batches_held", static_cast<double>(evaluators_.batches()));
  add("runs_active", static_cast<double>(active_runs()));
}

}  // namespace mendel::ga_dispatcher
