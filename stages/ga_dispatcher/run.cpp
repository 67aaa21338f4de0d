#include "stages/ga_dispatcher/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "shared/genetics/choice.hpp"
#include "shared/genetics/reproduction.hpp"
#include "shared/strategy/canonical.hpp"
#include "shared/strategy/name.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::ga_dispatcher {
namespace {

using strategy::Experiment;
using wiring::Edge;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min() / 2;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<std::string_view, 6> kStateNames = {"waiting",  "running", "reporting",
                                                         "finished", "failed",  "cancelled"};
constexpr const char* kNoFeasible = "no feasible genome";

std::optional<RunState> state_from(std::string_view name) {
  for (std::size_t i = 0; i < kStateNames.size(); ++i)
    if (kStateNames[i] == name) return static_cast<RunState>(i);
  return std::nullopt;
}

// What the search itself asks of an experiment, beyond what makes it readable.
Status check_searchable(const Experiment& experiment) {
  const auto& search = experiment.search;
  const auto genes = static_cast<std::int64_t>(experiment.genes.size());
  if (genes == 0)
    return configuration_error("genes: there is nothing to search; name at least one gene");
  if (experiment.genes.size() > wire::kGenesMax)
    return configuration_error(fmt::format("genes: {} are more than {}", genes, wire::kGenesMax));
  if (search.population > kIslandBytesMax / (8 * genes + 128))
    return configuration_error(fmt::format(
        "search.population: {} genomes of {} genes do not fit into one record; at most {}",
        search.population, genes, kIslandBytesMax / (8 * genes + 128)));
  const auto values = genes + static_cast<std::int64_t>(search.objectives.size()) +
                      static_cast<std::int64_t>(search.limits.size());
  const std::int64_t evaluations_max = kScoredBytesMax / (8 * values + 32);
  if (search.population > evaluations_max / search.islands / search.generations)
    return configuration_error(
        fmt::format("search: population x islands x generations is more than {}; make one smaller",
                    evaluations_max));
  if (Status pick = genetics::check_pick(search); !pick) return pick;
  return genetics::check_constraints(experiment);
}

// What a dispatcher that starts again could not read is no run.
Status check_reads_back(const Experiment& experiment) {
  const auto again = strategy::read_experiment(experiment.canonical_text, "canonical text");
  if (again && again->canonical_text == experiment.canonical_text) return {};
  return configuration_error(
      fmt::format("submit: a checkpoint of this experiment could not be read: {}",
                  again ? "it means something else" : again.error().message));
}

// Why there is nothing to judge, "" = there is.
std::string no_verdict_because(const Experiment& experiment) {
  if (experiment.strategy.fill == strategy::Fill::close)
    return "fill = \"close\" trades at the price that signals: nothing to judge";
  if (experiment.data.shuffle > 0) return "the bars are shuffled: a null, nothing to judge";
  return "";
}

// What data_loader warns of, as "symbol: warning".
std::vector<std::string> warnings_of(const config::Value& quality) {
  std::vector<std::string> all;
  const config::Value* symbols = quality.find("symbols");
  if (!symbols || !symbols->is_table()) return all;
  for (const auto& [symbol, report] : symbols->entries()) {
    const config::Value* warnings = report.find("warnings");
    if (!warnings || !warnings->is_array()) continue;
    for (const config::Value& warning : warnings->items())
      if (warning.is_text()) all.push_back(fmt::format("{}: {}", symbol, warning.as_text()));
  }
  return all;
}

// What makes the tests themselves look better than they are.
void add_cautions(const config::Value& quality, config::Value& cautions) {
  for (const std::string& warning : warnings_of(quality))
    if (warning.find("opens look synthetic") != std::string::npos)
      cautions.push(warning + "; fills at the next open are optimistic there");
}

}  // namespace

std::string_view state_name(RunState state) { return kStateNames[static_cast<std::size_t>(state)]; }

Run::Run(RunContext context, std::shared_ptr<const Experiment> experiment)
    : context_(std::move(context)),
      experiment_(std::move(experiment)),
      ordered_ns_(kNever),
      saved_ns_(kNever),
      told_ns_(kNever) {}

Result<std::unique_ptr<Run>> Run::submit(const wire::Request& request, RunContext context, Now now,
                                         Actions& out) {
  if (!request.name.empty()) {
    Status name = strategy::check_name("submit: the run's name", request.name);
    if (!name) return name.error();
  }
  auto experiment = strategy::read_experiment(request.experiment,
                                              request.name.empty() ? "experiment" : request.name);
  if (!experiment) return experiment.error();
  if (Status searchable = check_searchable(*experiment); !searchable) return searchable.error();
  if (Status readable = check_reads_back(*experiment); !readable) return readable.error();
  std::unique_ptr<Run> run(
      new Run(std::move(context), std::make_shared<const Experiment>(std::move(*experiment))));
  run->run_ = request.run;
  run->name_ = request.name.empty() ? run->experiment_->name : request.name;
  run->created_ns_ = now.wall_ns;
  run->save(now, out);
  return run;
}

Result<std::unique_ptr<Run>> Run::resume(Checkpoint checkpoint, RunContext context, Now now,
                                         Actions& out) {
  auto experiment = strategy::read_experiment(checkpoint.experiment, "checkpoint");
  if (!experiment) {
    const std::string& why = experiment.error().message;
    return unreadable_checkpoint("its experiment: " + why.substr(0, why.find('\n')));
  }
  const auto state = state_from(checkpoint.state);
  if (!state) return unreadable_checkpoint("unknown state '" + checkpoint.state + "'");
  std::unique_ptr<Run> run(
      new Run(std::move(context), std::make_shared<const Experiment>(std::move(*experiment))));
  run->run_ = checkpoint.run;
  run->name_ = checkpoint.name;
  run->state_ = *state;
  run->detail_ = checkpoint.detail;
  run->created_ns_ = checkpoint.created_ns;
  run->dataset_id_ = checkpoint.dataset_id;
  run->dataset_file_ = checkpoint.dataset_file;
  run->quality_ = checkpoint.quality;
  run->dataset_rows_ = checkpoint.dataset_rows;
  run->birth_ = {checkpoint.birth_generation, checkpoint.birth_ns};
  run->redispatched_ = checkpoint.redispatched;
  run->look_ = checkpoint.look;
  run->searched_before_ns_ = checkpoint.searched_ns;
  if (run->look_ > 0) run->context_.looks->add(run->experiment_->data);
  if (Status records = run->records_.restore(checkpoint.records); !records) return records.error();
  run->records_saved_ = run->records_.empty();
  if (run->ended()) {
    if (!run->dataset_id_.is_zero() && run->context_.scored != nullptr)
      run->context_.scored->emplace(run->dataset_id_, run->experiment_->semantics_digest);
    run->evaluations_before_ = checkpoint.evaluations;
    run->history_before_ = std::move(checkpoint.search.history);
    run->farewell_over_ = run->records_.empty();
    return run;
  }
  run->saved_ns_ = now.monotonic_ns;
  if (run->state_ == RunState::waiting) return run;
  run->begin_search(now);
  if (Status restored = run->search_->restore(std::move(checkpoint.search)); !restored)
    return restored.error();
  out.effect(PublishExperiment{run->experiment_->digest, run->experiment_->canonical_text});
  if (run->search_->is_over()) {
    run->open_report(out);
    return run;
  }
  run->open_generation(now, true, out);
  if (run->search_) run->pace_.start(run->search_->evaluations(), now);
  return run;
}

Checkpoint Run::checkpoint() const {
  Checkpoint c;
  c.run = run_;
  c.name = name_;
  // Reporting is what follows the last generation: it begins again from there.
  c.state = state_name(state_ == RunState::reporting ? RunState::running : state_);
  c.detail = detail_;
  c.experiment = experiment_->canonical_text;
  c.created_ns = created_ns_;
  c.dataset_id = dataset_id_;
  c.dataset_file = dataset_file_;
  c.quality = quality_;
  c.dataset_rows = dataset_rows_;
  c.birth_generation = birth_.generation;
  c.birth_ns = birth_.born_at_ns;
  c.redispatched = redispatched_;
  c.look = look_;
  c.searched_ns = searched_before_ns_;
  c.records = records_.frames();
  c.evaluations = search_ ? search_->evaluations() : evaluations_before_;
  if (!ended() && search_) {
    c.search = search_->state();
  } else {
    c.search.history = search_ ? search_->history() : history_before_;
    if (!c.search.history.empty()) {
      c.search.generation = c.search.history.back().generation;
      c.search.digest = c.search.history.back().digest;
    }
  }
  return c;
}

void Run::save(Now now, Actions& out) {
  searched_before_ns_ = searched_ns(now);
  searching_since_ns_ = now.monotonic_ns;
  const bool searching = !ended() && search_;
  std::string bytes = searching ? encode(checkpoint(), search_->islands(), search_->scored())
                                : encode(checkpoint());
  const auto size = static_cast<std::int64_t>(bytes.size());
  save_every_ns_ = std::max(kCheckpointNs, size * (kNsPerSecond / kCheckpointBytesPerSecond));
  saved_ns_ = now.monotonic_ns;
  records_saved_ = records_.empty();
  out.effect(SaveRunFile{run_, kCheckpointName, std::move(bytes)});
}

std::int64_t Run::searched_ns(Now now) const {
  if (state_ != RunState::running) return searched_before_ns_;
  return searched_before_ns_ + now.monotonic_ns - searching_since_ns_;
}

void Run::begin_search(Now now) {
  searching_since_ns_ = now.monotonic_ns;
  may_be_recorded_ = context_.scored != nullptr &&
                     !context_.scored->emplace(dataset_id_, experiment_->semantics_digest).second;
  search_.emplace(experiment_, dataset_id_);
}

// Questions cost a round trip: they go on while they are answered, and are tried now and then.
bool Run::asks_first() const {
  if (!may_be_recorded_) return false;
  return search_->generation() % kAskGenerations == 0 || outstanding_.hits() > hits_before_;
}

// Of the evaluations so far, those that an earlier run had recorded; of this life.
double Run::hit_share() const {
  const std::uint64_t hits = report_ ? search_hits_ : outstanding_.hits();
  const std::uint64_t all = search_ ? search_->evaluations() : 0;
  return !may_be_recorded_ || all == 0
             ? 0
             : static_cast<double>(std::min(hits, all)) / static_cast<double>(all);
}

// Of the candidates so far, those whose genome this run had before.
double Run::duplicate_share() const {
  const std::uint64_t all = search_ ? search_->candidates() : 0;
  return all == 0 ? 0 : static_cast<double>(search_->duplicates()) / static_cast<double>(all);
}

// What needed no evaluation, for people; "" = nothing.
std::string Run::found_again() const {
  constexpr double kWorthTelling = 0.005;
  std::string text;
  if (duplicate_share() >= kWorthTelling)
    text = fmt::format("{:.0f} % duplicates", 100 * duplicate_share());
  if (hit_share() >= kWorthTelling)
    text +=
        fmt::format("{}{:.0f} % from the score log", text.empty() ? "" : ", ", 100 * hit_share());
  return text;
}

// How far the evaluations behind report and verdict are, for people; "" while it searches.
std::string Run::judging() const {
  if (state_ != RunState::reporting) return "";
  return fmt::format("judging: {} of {} samples", samples_ - outstanding_.size(), samples_);
}

std::int64_t Run::born_at(std::int64_t generation) const {
  return birth_.born_at_ns + (generation - birth_.generation) * 1000;
}

void Run::order(Now now, Actions& out) {
  if (now.monotonic_ns - ordered_ns_ < kOrderAgainNs) return;
  ordered_ns_ = now.monotonic_ns;
  const auto& data = experiment_->data;
  wire::DatasetOrder order;
  order.order_id = run_;
  order.source = data.source;
  order.symbols = data.symbols;
  order.timeframe = data.timeframe.name;
  order.from_ns = data.in_sample.from_ns;
  order.to_ns = data.in_sample.to_ns;
  if (data.out_of_sample) {
    order.from_ns = std::min(order.from_ns, data.out_of_sample->from_ns);
    order.to_ns = std::max(order.to_ns, data.out_of_sample->to_ns);
  }
  order.warm_up_bars = experiment_->look_back;
  order.shuffle = static_cast<std::uint32_t>(data.shuffle);
  out.send(Edge::dataset_orders, std::move(order));
}

void Run::receive(const wire::Dataset& dataset, Now now, Actions& out) {
  if (state_ != RunState::waiting || dataset.order_id != run_) return;
  if (!dataset.error.empty()) return end(RunState::failed, dataset.error, now, out);
  dataset_id_ = dataset.dataset_id;
  dataset_file_ = dataset.file;
  dataset_rows_ = dataset.rows;
  quality_ = dataset.quality;
  examine();
  if (!examined_ && examined_.error().kind == ErrorKind::configuration)
    return end(RunState::failed, examined_.error().message, now, out);
  state_ = RunState::running;
  birth_ = {0, now.wall_ns};
  begin_search(now);
  records_.add(record(RunState::running, now.wall_ns));
  save(now, out);
  out.effect(PublishExperiment{experiment_->digest, experiment_->canonical_text});
  open_generation(now, false, out);
  pace_.start(0, now);
}

void Run::open_generation(Now now, bool ask_first, Actions& out) {
  const std::uint64_t duplicates = search_->duplicates();
  if (Status opened = search_->open_next(); !opened)
    return end(RunState::failed, opened.error().message, now, out);
  const Birth birth{search_->generation(), born_at(search_->generation())};
  ask_first = ask_first || asks_first();
  duplicates_now_ += search_->duplicates() - duplicates;
  hits_before_ = outstanding_.hits();
  for (auto& wanted : search_->wanted()) outstanding_.add(std::move(wanted), birth, ask_first);
}

void Run::breed_ahead() {
  const Birth birth{search_->generation() + 1, born_at(search_->generation() + 1)};
  const bool asks = asks_first();
  for (auto& wanted : search_->breed_ahead()) outstanding_.add(std::move(wanted), birth, asks);
}

void Run::accept(const std::vector<wire::Score>& scores) {
  const std::uint64_t hits = outstanding_.hits();
  std::vector<std::pair<const wire::Score*, std::uint32_t>> awaited;
  for (const wire::Score& score : scores) {
    const auto place = outstanding_.complete(score.key);
    if (!place) continue;
    awaited.emplace_back(&score, *place);
    if (!report_) search_->expect(*place);
  }
  evaluations_now_ += awaited.size();
  if (!report_) hits_now_ += outstanding_.hits() - hits;
  for (const auto& [score, place] : awaited) {
    if (!report_) {
      search_->accept(*score, place);
      continue;
    }
    report_->accept(*score);
    if (evidence_) evidence_->accept(*score);
  }
}

void Run::close_generation(Now now, Actions& out) {
  const std::int64_t generation = search_->generation();
  const std::int64_t born_at_ns = born_at(generation);
  search_->close();
  const std::int64_t wall_time_ns = experiment_->search.wall_time_ns;
  if (wall_time_ns > 0 && searched_ns(now) >= wall_time_ns) search_->stop("wall_time");
  stopped_by_ = search_->stopped_by();
  pace_.closed_one();
  for (auto& record : search_->records(run_, born_at_ns)) records_.add(std::move(record));
  if (search_->is_over()) {
    pace_.stop(now);
    open_report(out);
    save(now, out);
  } else {
    if (now.monotonic_ns - saved_ns_ >= save_every_ns_) {
      // What was bred ahead has its birth already.
      const std::int64_t soonest_ns = born_at(generation + 1);
      birth_ = {generation + 1,
                search_->is_ahead() ? soonest_ns : std::max(now.wall_ns, soonest_ns)};
      save(now, out);
    }
    open_generation(now, false, out);
  }
  told_ns_ = kNever;
}

void Run::open_report(Actions& out) {
  search_hits_ = outstanding_.hits();
  outstanding_.clear();  // of what was bred ahead of a search that stopped
  stopped_by_ = search_->stopped_by();
  state_ = RunState::reporting;
  const std::int64_t others =
      std::clamp<std::int64_t>(experiment_->search.report_best, 0, context_.report_best_max);
  report_.emplace(experiment_, dataset_id_, search_->finalists(static_cast<std::size_t>(others)));
  if (report_->has_pick() && experiment_->data.out_of_sample && look_ == 0) {
    look_ = context_.looks->count(experiment_->data) + 1;
    context_.looks->add(experiment_->data);
  }
  const std::int64_t generation = search_->generation();
  const Birth birth{generation, born_at(generation)};
  for (const auto& wanted : report_->wanted()) outstanding_.add(wanted, birth, true);
  if (report_->has_pick() && no_verdict_because(*experiment_).empty()) {
    const std::size_t daily = daily_sample(context_.verdict_sample, dataset_rows_);
    evidence_.emplace(experiment_, dataset_id_, report_->pick(),
                      Evidence::Samples{context_.verdict_sample, daily, search_->sample(daily)});
    for (auto& variant : evidence_->variants()) out.effect(std::move(variant));
    for (const auto& wanted : evidence_->wanted()) outstanding_.add(wanted, birth, true);
  }
  samples_ = outstanding_.size();
}

std::uint64_t Run::evaluations() const {
  return search_ ? search_->evaluations() : evaluations_before_;
}

void Run::examine() {
  if (context_.examine)
    examined_ = context_.examine(*experiment_, dataset_id_);
  else
    examined_ = Examination();
}

// What a reader of the report must know: of the data, of how it was traded, of the search.
config::Value Run::notes() const {
  config::Value notes = config::Value::array();
  if (const auto quality = config::parse_json(quality_, "quality report"))
    for (const std::string& warning : warnings_of(*quality)) notes.push(warning);
  if (examined_) {
    for (const auto& note : examined_->notes) notes.push(note);
  } else {
    notes.push("warnings about windows and costs are missing: " + examined_.error().message);
  }
  if (experiment_->data.shuffle > 0)
    notes.push(fmt::format("null {}: the days of this past are shuffled (docs/verdict.md)",
                           experiment_->data.shuffle));
  if (look_ > 0) notes.push(fmt::format("this out-of-sample range: look {}", look_));
  return notes;
}

config::Value Run::verdict() const {
  if (!report_->has_pick()) return no_verdict("reject", kNoFeasible);
  if (!evidence_) return no_verdict("none", no_verdict_because(*experiment_));
  Findings findings = evidence_->findings(examined_ ? *examined_ : Examination());
  findings.trials = std::max<std::int64_t>(1, context_.trials ? context_.trials(*this) : 0);
  findings.out_of_sample_sharpe = report_->out_of_sample_sharpe();
  config::Value verdict = judge(findings);
  config::Value cautions = config::Value::array();
  if (const auto quality = config::parse_json(quality_, "quality report"))
    add_cautions(*quality, cautions);
  verdict.set("cautions", std::move(cautions));
  return verdict;
}

config::Value Run::objectives() const {
  config::Value all = config::Value::array();
  for (const auto& objective : experiment_->search.objectives)
    all.push(strategy::objective_text(objective));
  return all;
}

// Without a pick: who was the nearest to being feasible, and what it missed.
config::Value Run::nearest() const {
  const genetics::Member* member = report_->has_pick() ? nullptr : search_->nearest();
  config::Value value;
  if (member == nullptr) return value;
  value.set("genes", strategy::to_value(experiment_->genes, member->genome));
  config::Value missed = config::Value::array();
  for (const auto& miss : genetics::misses(experiment_->search, member->scoring)) missed.push(miss);
  value.set("missed", std::move(missed));
  return value;
}

config::Value Run::report_value() const {
  config::Value value;
  value.set("run", run_);
  value.set("name", name_);
  value.set("seed", experiment_->search.seed);
  value.set("generations", search_->generation() + 1);
  value.set("candidates", search_->candidates());
  value.set("duplicates", duplicate_share());
  value.set("evaluations", search_->evaluations());
  value.set("stopped_by", stopped_by_);
  value.set("cache_hits", hit_share());
  value.set("digest", search_->digest().hex());
  value.set("objectives", objectives());
  value.set("pick", experiment_->search.pick);
  if (const std::size_t front = search_->front_size(); front > 0) value.set("front_size", front);
  value.set("nearest", nearest());
  value.set("verdict", verdict());
  value.set("best", report_->best());
  value.set("leaderboard", report_->leaderboard());
  value.set("buy_and_hold", report_->buy_and_hold());
  value.set("out_of_sample_look", look_ > 0 ? config::Value(look_) : config::Value());
  value.set("dataset", dataset_id_.hex());
  auto quality = config::parse_json(quality_, "quality report");
  value.set("quality", quality ? std::move(*quality) : config::Value());
  value.set("notes", notes());
  value.set("redispatched", redispatched_);
  config::Value history = config::Value::array();
  for (const auto& entry : search_->history()) {
    config::Value row;
    row.set("generation", entry.generation);
    row.set("best", entry.best);
    row.set("mean", entry.mean);
    row.set("digest", entry.digest.hex());
    history.push(std::move(row));
  }
  value.set("history", std::move(history));
  return value;
}

void Run::finish(Now now, Actions& out) {
  if (!examined_) examine();  // resumed, or the file was not there
  const std::string report = config::to_json(report_value());
  wire::Verdict verdict;
  verdict.record_id = "verdict." + run_;
  verdict.run = run_;
  verdict.at_ns = std::max(now.wall_ns, born_at(search_->generation()));
  verdict.reported = report_->reported();
  verdict.report = report;
  records_.add(std::move(verdict));
  out.effect(SaveRunFile{run_, kReportName, report});
  end(RunState::finished, report_->has_pick() ? "" : kNoFeasible, now, out);
}

void Run::end(RunState state, std::string detail, Now now, Actions& out) {
  state_ = state;
  detail_ = std::move(detail);
  outstanding_.clear();
  const std::int64_t begun_ns = search_ ? born_at(search_->generation()) : created_ns_;
  records_.add(record(state, std::max(now.wall_ns, begun_ns)));
  save(now, out);
  if (search_) {
    out.effect(SaveRunFile{run_, kGenomesName, config::to_json(genomes())});
    history_before_ = search_->history();
    evaluations_before_ = search_->evaluations();
  }
  pace_.stop(now);
  search_.reset();  // a dispatcher lives long and sees many runs
  report_.reset();
  evidence_.reset();
  ended_ns_ = now.monotonic_ns;
  told_ns_ = kNever;
}

void Run::cancel(Now now, Actions& out) {
  if (!ended()) end(RunState::cancelled, "on request", now, out);
}

wire::RunRecord Run::record(RunState state, std::int64_t at_ns) const {
  wire::RunRecord record;
  record.record_id = fmt::format("run.{}.{}", run_, state_name(state));
  record.run = run_;
  record.name = name_;
  record.state = state_name(state);
  record.experiment_digest = experiment_->digest;
  record.semantics_digest = experiment_->semantics_digest;
  record.dataset_id = dataset_id_;
  record.experiment = experiment_->canonical_text;
  record.seed = experiment_->search.seed;
  record.engine_version = context_.engine_version;
  record.at_ns = at_ns;
  config::Value detail;
  detail.set("reason", detail_);
  detail.set("generations", search_ ? search_->generation() + 1 : 0);
  detail.set("evaluations", search_ ? search_->evaluations() : 0);
  detail.set("digest", search_ ? search_->digest().hex() : "");
  detail.set("redispatched", redispatched_);
  detail.set("stopped_by", stopped_by_);
  record.detail = config::to_json(detail);
  return record;
}

int Run::work(Now now, Actions& out) {
  int done = 0;
  if (state_ == RunState::waiting) order(now, out);
  const std::size_t waiting_max =
      kRecordsWaitingMax + static_cast<std::size_t>(experiment_->search.islands);
  if (state_ == RunState::running && search_->is_complete() && records_.size() < waiting_max) {
    close_generation(now, out);
    ++done;
  } else if (state_ == RunState::running) {
    breed_ahead();
  } else if (state_ == RunState::reporting && report_->is_complete() &&
             (!evidence_ || evidence_->is_complete()) && records_.empty()) {
    // The verdict is the last that is recorded: whoever sees it in the database sees everything.
    finish(now, out);
    ++done;
  }
  records_.send_due(now, out);
  if (ended() && records_.empty() && !records_saved_) {
    save(now, out);
    told_ns_ = kNever;
  }
  tell(now, out);
  return done;
}

void Run::tell(Now now, Actions& out) {
  if (farewell_over_) return;
  if (ended() && records_.empty()) {
    if (!ended_ns_) ended_ns_ = now.monotonic_ns;
    farewell_over_ = now.monotonic_ns - *ended_ns_ > kFarewellNs;
  } else if (state_ == RunState::finished) {
    ended_ns_ = now.monotonic_ns;  // it is told as finished only when everything is recorded
  }
  if (now.monotonic_ns - told_ns_ < kProgressNs) return;
  told_ns_ = now.monotonic_ns;
  out.publish(Edge::progress, "progress." + run_ + ".", progress(now));
}

wire::Progress Run::progress(Now now) const {
  wire::Progress p;
  p.run = run_;
  p.name = name_;
  const bool unrecorded = state_ == RunState::finished && !records_.empty();
  p.state = state_name(unrecorded ? RunState::reporting : state_);
  p.detail = unrecorded ? "waiting for results_writer to record the report" : detail_;
  if (state_ == RunState::waiting) p.detail = "waiting for its dataset from data_loader";
  if (!ended() && !hindrance_.empty()) p.detail = hindrance_;
  if (p.detail.empty()) p.detail = judging();
  const bool early = stopped_by_ != "" && stopped_by_ != "generations" && stopped_by_ != "grid";
  if (p.detail.empty() && early)
    p.detail = "stopped by " + stopped_by_;
  else if (p.detail.empty())
    p.detail = found_again();
  p.generations = experiment_->search.generations;
  p.best = kNone;
  p.mean = kNone;
  p.eta_seconds = kNone;
  p.redispatched = redispatched_;
  p.evaluators = evaluators_;
  p.evaluations = evaluations_before_;
  const HistoryEntry* last = history_before_.empty() ? nullptr : &history_before_.back();
  if (search_ && search_->last()) last = &*search_->last();
  const std::int64_t closed = last == nullptr ? 0 : last->generation + 1;
  if (search_) {
    p.evaluations = search_->evaluations();
    p.diversity = search_->diversity();
    if (!ended()) p.eta_seconds = pace_.eta_seconds(p.generations - closed, now);
  }
  p.evaluations_per_second = pace_.per_second(p.evaluations, now);
  if (last != nullptr) {
    p.generation = last->generation;
    p.best = last->best;
    p.mean = last->mean;
    p.digest = last->digest;
  }
  return p;
}

config::Value Run::summary() const {
  const wire::Progress p = progress({});
  config::Value value;
  value.set("run", run_);
  value.set("name", name_);
  value.set("state", p.state);
  value.set("detail", p.detail);
  value.set("experiment", experiment_->name);
  value.set("seed", experiment_->search.seed);
  value.set("created", format_time(created_ns_));
  value.set("generation", p.generation);
  value.set("generations", p.generations);
  value.set("evaluations", p.evaluations);
  value.set("best", p.best);
  value.set("objectives", objectives());
  value.set("digest", p.digest.is_zero() ? "" : p.digest.hex());
  value.set("experiment_digest", experiment_->digest.hex());
  return value;
}

config::Value Run::genomes() const {
  config::Value all = config::Value::array();
  if (!search_) return all;
  for (const auto& genome : search_->genomes(kForkedMax))
    all.push(strategy::to_value(experiment_->genes, genome));
  return all;
}

config::Value Run::details() const {
  config::Value value = summary();
  value.set("experiment_toml", experiment_->canonical_text);
  return value;
}

}  // namespace mendel::ga_dispatcher
