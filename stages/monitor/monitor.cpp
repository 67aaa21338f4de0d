#include "stages/monitor/monitor.hpp"

#include <algorithm>
#include <utility>

#include "shared/wiring/edges.hpp"
#include "stages/monitor/alert_rules.hpp"

namespace mendel::monitor {
namespace {

using telemetry::Labels;
using telemetry::Metric;

constexpr const char* kMissingGroup = "missing stages";
constexpr const char* kOwnGroup = "monitor";
constexpr std::size_t kRestartsKept = 1000;
constexpr std::int64_t kWorkerHourNs = 3600 * kNsPerSecond;

bool is_stage(const std::string& name) {
  return std::find(wiring::kStages.begin(), wiring::kStages.end(), name) != wiring::kStages.end();
}

Labels labels_of(const wire::Stat& stat) {
  return {{"stage", stat.stage}, {"instance", stat.incarnation}, {"host", stat.host}};
}

// Every sample becomes `mendel_<name>{stage, instance, host, its own labels}`; those of the
// database keep the names under which its dashboards know them.
void add_samples(const wire::Stat& stat, const Labels& common, std::vector<Metric>& metrics) {
  for (const wire::Sample& sample : stat.samples) {
    const Result<Labels> own = telemetry::parse_labels(sample.labels);
    if (!own) continue;
    Labels labels = common;
    for (const auto& label : *own) {
      const bool taken = std::any_of(labels.begin(), labels.end(),
                                     [&](const auto& known) { return known.first == label.first; });
      if (!taken) labels.push_back(label);
    }
    const bool is_neon = sample.name.starts_with("neon_");
    metrics.push_back(
        {is_neon ? sample.name : "mendel_" + sample.name, std::move(labels), sample.value});
  }
}

std::vector<Metric> metrics_of(const wire::Progress& progress) {
  const Labels labels = {{"run", progress.run}};
  const bool running =
      progress.state == "running" || progress.state == "waiting" || progress.state == "reporting";
  return {
      {"mendel_run_active", labels, running ? 1.0 : 0.0},
      {"mendel_run_generation", labels, static_cast<double>(progress.generation)},
      {"mendel_run_generations", labels, static_cast<double>(progress.generations)},
      {"mendel_run_best_fitness", labels, progress.best},
      {"mendel_run_mean_fitness", labels, progress.mean},
      {"mendel_run_diversity", labels, progress.diversity},
      {"mendel_run_evaluations_total", labels, static_cast<double>(progress.evaluations)},
      {"mendel_run_evaluations_per_second", labels,
       progress.state == "running" ? progress.evaluations_per_second : 0},
      {"mendel_run_redispatched_total", labels, static_cast<double>(progress.redispatched)},
      {"mendel_run_evaluators", labels, static_cast<double>(progress.evaluators)},
  };
}

}  // namespace

Monitor::Monitor() : readings_(alert_readings()) { show_missing(); }

void Monitor::hear(const wire::Stat& stat, Now now) {
  const std::string name = stat.stage + "/" + stat.incarnation;
  const bool known = processes_.count(name) > 0;
  if (!is_stage(stat.stage) || stat.incarnation.size() > kNameBytesMax ||
      (!known && processes_.size() >= kProcessesMax)) {
    ++ignored_;
    return;
  }
  const bool was_missing = !is_up(stat.stage);
  const bool begins = !known || !processes_[name].up;
  Process& process = processes_[name];
  process = {stat, now.monotonic_ns, true};
  show(name, process);
  readings_.hear(stat, now);
  if (begins) {
    restarts_[stat.stage].starts_ns.push_back(now.monotonic_ns);
    match_restarts(stat.stage, now);
  }
  if (was_missing) show_missing();
}

void Monitor::hear(const wire::Progress& progress, Now now) {
  if (progress.run.empty() || progress.run.size() > kNameBytesMax) return;
  runs_[progress.run] = {progress, now.monotonic_ns};
  changed_["run/" + progress.run] = metrics_of(progress);
  if (runs_.size() <= kRunsMax) return;
  const auto oldest = std::min_element(
      runs_.begin(), runs_.end(),
      [](const auto& a, const auto& b) { return a.second.heard_ns < b.second.heard_ns; });
  changed_["run/" + oldest->first].clear();
  runs_.erase(oldest);
}

void Monitor::tick(Now now) {
  bool lost = false;
  for (auto& [name, process] : processes_) {
    if (!process.up || now.monotonic_ns - process.heard_ns < kSilentNs) continue;
    process.up = false;
    lost = true;
    restarts_[process.stat.stage].deaths_ns.push_back(process.heard_ns);
    match_restarts(process.stat.stage, now);
    show(name, process);
  }
  for (auto entry = processes_.begin(); entry != processes_.end();) {
    const Process& process = entry->second;
    const bool replaced = process.stat.stage != "evaluator" && is_up(process.stat.stage);
    const bool old = now.monotonic_ns - process.heard_ns >= kForgottenNs;
    if (!process.up && (replaced || old)) {
      changed_[entry->first].clear();
      entry = processes_.erase(entry);
    } else {
      ++entry;
    }
  }
  if (lost) show_missing();
  if (read_ns_ == 0 || now.monotonic_ns - read_ns_ >= kNsPerSecond) read_ourselves(now);
}

// A process that began within a minute after another died takes its place: evaluators that join or
// leave for good are no restarts.
void Monitor::match_restarts(const std::string& stage, Now now) {
  Restarts& all = restarts_[stage];
  const auto is_old = [&](std::int64_t at_ns) { return now.monotonic_ns - at_ns > kRestartNs; };
  while (!all.starts_ns.empty() && !all.deaths_ns.empty()) {
    const std::int64_t apart = all.starts_ns.front() - all.deaths_ns.front();
    if (apart > kRestartNs) {
      all.deaths_ns.pop_front();
    } else if (apart < 0) {
      all.starts_ns.pop_front();
    } else {
      all.starts_ns.pop_front();
      all.deaths_ns.pop_front();
      ++all.count;
    }
  }
  for (auto* moments : {&all.starts_ns, &all.deaths_ns}) {
    while (!moments->empty() && (is_old(moments->front()) || moments->size() > kRestartsKept))
      moments->pop_front();
  }
}

// What only monitor can know: restarts, what is missing, how much of the time a stage was there.
void Monitor::read_ourselves(Now now) {
  if (began_ns_ == 0) began_ns_ = now.monotonic_ns;
  read_ns_ = now.monotonic_ns;
  readings_.prune(now);
  std::vector<Metric>& metrics = changed_[kOwnGroup];
  metrics.clear();
  for (const std::string_view name : wiring::kStages) {
    const std::string stage(name);
    const auto count = static_cast<double>(restarts_[stage].count);
    readings_.add(stage, "", "stage_restarts_total", count, now);
    metrics.push_back({"mendel_stage_restarts_total", {{"stage", stage}}, count});
    availability_.see(stage, is_up(stage), now);
    metrics.push_back(
        {"mendel_stage_availability_ratio", {{"stage", stage}}, availability_.ratio(stage)});
  }
  // The share of the work of an hour that had to be handed out again; none without work.
  const double handed_out = readings_.increase("handed_out_total", kWorkerHourNs, now);
  if (handed_out > 0) {
    metrics.push_back({"mendel_worker_failure_ratio",
                       {},
                       readings_.increase("redispatched_total", kWorkerHourNs, now) / handed_out});
  }
  const bool starting = now.monotonic_ns - began_ns_ < kStartingNs;
  readings_.add("monitor", "", "stages_missing",
                starting ? 0 : static_cast<double>(missing().size()), now);
}

std::vector<Group> Monitor::changes() {
  std::vector<Group> groups;
  groups.reserve(changed_.size());
  for (auto& [name, metrics] : changed_) groups.push_back({name, std::move(metrics)});
  changed_.clear();
  return groups;
}

std::size_t Monitor::processes_up() const {
  return static_cast<std::size_t>(std::count_if(processes_.begin(), processes_.end(),
                                                [](const auto& one) { return one.second.up; }));
}

std::vector<std::string> Monitor::missing() const {
  std::vector<std::string> names;
  for (const std::string_view stage : wiring::kStages) {
    if (!is_up(std::string(stage))) names.emplace_back(stage);
  }
  return names;
}

bool Monitor::is_up(const std::string& stage) const {
  return std::any_of(processes_.begin(), processes_.end(), [&](const auto& one) {
    return one.second.up && one.second.stat.stage == stage;
  });
}

void Monitor::show(const std::string& name, const Process& process) {
  const Labels labels = labels_of(process.stat);
  std::vector<Metric>& metrics = changed_[name];
  metrics = {{"mendel_stage_up", labels, process.up ? 1.0 : 0.0},
             {"mendel_stage_ready", labels, process.up && process.stat.ready ? 1.0 : 0.0}};
  if (!process.up) return;  // what it said last is no longer true
  metrics.push_back({"mendel_uptime_seconds", labels, process.stat.uptime_seconds});
  add_samples(process.stat, labels, metrics);
}

void Monitor::show_missing() {
  std::vector<Metric>& metrics = changed_[kMissingGroup];
  metrics.clear();
  for (const std::string& stage : missing()) {
    metrics.push_back({"mendel_stage_up", {{"stage", stage}}, 0});
  }
  metrics.push_back({"mendel_stages_missing", {}, static_cast<double>(metrics.size())});
}

}  // namespace mendel::monitor
