#include "topology/mendel/local_pipeline.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/runtime/stages.hpp"
#include "shared/wiring/edges.hpp"
#include "topology/mendel/child.hpp"
#include "topology/mendel/commands.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/rotating_log.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kHealthMs = 500;
// Six stages one after the other, 12 s at most each, and PostgreSQL.
constexpr std::int64_t kStopMs = 110'000;
constexpr const char* kReady = "ready";

std::string last_line(const std::string& path) {
  Result<std::string> text = config::read_text_file(path);
  if (!text) return "";
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return without_time_and_level(text->substr(text->rfind('\n') + 1));
}

// "evaluator is not ready: waiting for a dispatcher" of the first stage that is not; "" = all are.
std::string unready(const config::Value& stages) {
  for (const config::Value& stage : stages.items()) {
    const std::string& state = stage.find("state")->as_text();
    if (state != kReady) return stage.find("name")->as_text() + ": " + state;
  }
  return "";
}

}  // namespace

config::Value stages_value(const std::vector<runtime::StageState>& states) {
  config::Value stages = config::Value::array();
  for (const std::string_view name : wiring::kStages) {
    std::int64_t count = 0;
    std::string state = "not running";
    for (const runtime::StageState& one : states) {
      if (one.stage != name) continue;
      ++count;
      const std::string said = one.ready ? kReady : one.reason.empty() ? "not ready" : one.reason;
      // The first instance that is not ready gives the stage's state.
      if (count == 1 || state == kReady) state = said;
    }
    config::Value stage;
    stage.set("name", name);
    stage.set("count", count);
    stage.set("state", state);
    stages.push(std::move(stage));
  }
  return stages;
}

Result<LocalPipelineOptions> local_options(const config::Arguments& arguments) {
  LocalPipelineOptions options;
  options.evaluators_given = arguments.has("evaluators");
  if (options.evaluators_given) {
    const Result<std::int64_t> evaluators = arguments.integer("evaluators", 1, kEvaluatorsMax);
    if (!evaluators) return evaluators.error();
    options.evaluators = static_cast<int>(*evaluators);
  }
  options.database = arguments.text("database");
  return options;
}

void note_unused(const LocalPipelineOptions& options) {
  if (!options.evaluators_given) return;
  fmt::print(stderr,
             "note: --evaluators {} changes nothing: the pipeline that runs already keeps its "
             "own\n",
             options.evaluators);
}

bool supervised_elsewhere(const wiring::Topology& topology) {
  return topology.setting("pipeline.supervised", "yes") == "no";
}

LocalPipeline::LocalPipeline(const wiring::Topology& topology, pid_t pid)
    : topology_(topology), log_(log_folder(topology) + "/up.log"), pid_(pid) {}

Result<LocalPipeline> LocalPipeline::ensure(const wiring::Topology& topology,
                                            const LocalPipelineOptions& options) {
  if (supervised_elsewhere(topology)) {
    note_unused(options);
    return LocalPipeline(topology, -1);
  }
  if (const auto owner = StateLock::owner(topology.state())) {
    if (options.must_start || owner->command != kUpCommand) {
      return configuration_error(fmt::format(
          "{}: '{}' (pid {}) is running there; stop it first, or name another directory with "
          "--state <dir>",
          topology.state(), owner->command, owner->pid));
    }
    note_unused(options);
    LocalPipeline running(topology, -1);
    if (Status ready = running.wait_until_ready(); !ready) return ready.error();
    return running;
  }
  if (Status made = create_folders(topology); !made) return made.error();
  fmt::print(stderr, "starting a local pipeline in {} …\n", topology.state());
  ChildSpec spec;
  spec.name = "mendel up";
  spec.words = {binary_folder() + "/mendel",
                "up",
                "--state",
                topology.state(),
                "--topology",
                topology.file(),
                "--evaluators",
                std::to_string(options.evaluators)};
  if (!options.database.empty()) {
    spec.words.insert(spec.words.end(), {"--database", options.database});
  }
  // Any free port: what is started for one command collides with nothing that runs already.
  if (std::getenv("MENDEL_MONITOR_LISTEN") == nullptr) {
    spec.environment = {{"MENDEL_MONITOR_LISTEN", "127.0.0.1:0"}};
  }
  spec.orphan_signal = SIGTERM;
  spec.output_file = log_folder(topology) + "/up.log";
  std::remove(spec.output_file.c_str());
  const Result<Child> child = spawn(spec, 0);
  if (!child) return child.error();
  LocalPipeline pipeline(topology, child->pid);
  const std::int64_t began = read_clocks().monotonic_ns;
  if (Status ready = pipeline.wait_until_ready(); !ready) return ready.error();
  fmt::print(stderr, "ready after {:.1f} s\n",
             static_cast<double>(read_clocks().monotonic_ns - began) / kNsPerSecond);
  return pipeline;
}

Status LocalPipeline::wait_until_ready() {
  constexpr std::int64_t kLookMs = 50;
  const std::int64_t until = read_clocks().monotonic_ns + kReadyMs * kNsPerMs;
  for (;;) {
    if (Status running = check_running(); !running) return running;
    const std::string waiting_for = unready(stages());
    if (waiting_for.empty()) return {};
    if (const auto deleted = deleted_sockets(topology_)) return transient_error(*deleted);
    if (interrupts() > 0) return Error{"interrupted", ErrorKind::transient};
    if (read_clocks().monotonic_ns > until) {
      return transient_error(fmt::format("the pipeline is not ready after {} s: {} (logs: {})",
                                         kReadyMs / 1000, waiting_for,
                                         log_.substr(0, log_.rfind('/'))));
    }
    usleep(kLookMs * 1000);
  }
}

Status LocalPipeline::check_running() {
  if (pid_ > 0) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return {};
    pid_ = -1;
    return ended_early(status);
  }
  if (supervised_elsewhere(topology_) || StateLock::owner(topology_.state())) return {};
  return transient_error(
      fmt::format("the pipeline in {} was stopped; what it was doing goes on when 'mendel up' "
                  "starts it again",
                  topology_.state()));
}

// `mendel up` ends with the code of the stage that stopped it; its last line says why.
Error LocalPipeline::ended_early(int wait_status) const {
  const Ending ending = ending_from(wait_status);
  const std::string why = last_line(log_);
  Error error = transient_error(why.empty() ? "the pipeline " + describe(ending) : why);
  if (!ending.by_signal && ending.number == 2) error.kind = ErrorKind::configuration;
  if (!ending.by_signal && ending.number == 4) error.kind = ErrorKind::operator_needed;
  return error;
}

config::Value LocalPipeline::stages() const {
  return stages_value(runtime::ask_stages(topology_, "", kHealthMs));
}

LocalPipeline::~LocalPipeline() {
  if (pid_ <= 0) return;
  std::fputs("stopping the local pipeline\n", stderr);  // that must not throw
  end_child(pid_, SIGTERM, kStopMs);
}

LocalPipeline::LocalPipeline(LocalPipeline&& other) noexcept
    : topology_(std::move(other.topology_)),
      log_(std::move(other.log_)),
      pid_(std::exchange(other.pid_, -1)) {}

}  // namespace mendel::cli
