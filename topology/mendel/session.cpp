#include "topology/mendel/session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/database/dsn.hpp"
#include "shared/strategy/name.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/leaderboard.hpp"
#include "topology/mendel/null_searches.hpp"
#include "topology/mendel/progress_view.hpp"
#include "topology/mendel/run_document.hpp"
#include "topology/mendel/run_list.hpp"
#include "topology/mendel/sitting.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {
namespace {

// What people type: its name, where that means this run and needs no quotes.
std::string word_for(Evolution& evolution, const std::string& name) {
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; };
  const Result<config::Value> answer = evolution.list();
  const config::Value* runs = answer ? answer->find("runs") : nullptr;
  if (runs == nullptr || name.empty() || name.front() == '-' ||
      !std::all_of(name.begin(), name.end(), is_plain))
    return evolution.run();
  const Result<std::string> meant = resolve_run(*runs, name);
  return meant && *meant == evolution.run() ? name : evolution.run();
}

void say_how_to_go_on(const wiring::Topology& topology, const Evolution& evolution) {
  fmt::print(stderr, "the run is kept\nresume it: {}\ncancel it: {}\n",
             invocation(topology, "resume " + evolution.run()),
             invocation(topology, "cancel " + evolution.run()));
}

Result<int> interrupted(const wiring::Topology& topology, Evolution& evolution,
                        const LocalPipeline& pipeline, const SessionOptions& options) {
  if (!pipeline.started()) {
    fmt::print(stderr, "the run {} goes on in the running pipeline\n", evolution.run());
    say_how_to_see(topology, evolution.run());
  } else if (options.cancel_when_interrupted) {
    fmt::print(stderr, "interrupted: cancelling the run and stopping the pipeline\n");
    if (Status cancelled = evolution.cancel(); !cancelled) return cancelled.error();
  } else {
    fmt::print(stderr, "interrupted: ");
    say_how_to_go_on(topology, evolution);
  }
  return kInterrupted;
}

// A pipeline that starts goes on with everything that is unfinished: who shares the evaluators.
void say_who_else_runs(const wiring::Topology& topology, Evolution& evolution) {
  const Result<config::Value> answer = evolution.list();
  const config::Value* runs = answer ? answer->find("runs") : nullptr;
  if (runs == nullptr || !runs->is_array()) return;
  for (const config::Value& run : runs->items()) {
    if (text_of(run, "run") == evolution.run() || has_ended(text_of(run, "state"))) continue;
    fmt::print(stderr, "run {} ({}) goes on beside it; '{}' ends that\n", text_of(run, "run"),
               config::one_line(text_of(run, "name")),
               invocation(topology, "cancel " + text_of(run, "run")));
  }
}

void add_notes(config::Value& document, const std::vector<std::string>& notes) {
  config::Value all = config::Value::array();
  if (const config::Value* given = document.find("notes"); given && given->is_array()) all = *given;
  for (const std::string& note : notes) all.push(note);
  document.set("notes", std::move(all));
}

int exit_code(const config::Value& document, const SessionOptions& options) {
  bool failed = false;
  for (const FailIf& condition : options.fail_if) {
    const auto reason = condition.reason(document);
    if (!reason) continue;
    failed = true;
    fmt::print(stderr, "mendel: {}\n", *reason);
  }
  if (failed) return 1;
  return has_best(document) ? 0 : kNoFeasibleGenome;
}

Result<config::Value> stored_rows(const wiring::Topology& topology, const std::string& run,
                                  const strategy::DataSettings& data) {
  Result<database::Dsn> dsn = database::DsnSource(topology.setting("database.dsn_file"),
                                                  topology.setting("database.mode", "as-is"))
                                  .read();
  if (!dsn) return dsn.error();
  return count_rows(*dsn, run, data, kStoredMs);
}

}  // namespace

void say_how_to_see(const wiring::Topology& topology, const std::string& run) {
  fmt::print(stderr, "see it:    {}\ncancel it: {}\n", invocation(topology, "show " + run),
             invocation(topology, "cancel " + run));
}

std::vector<config::OptionSpec> search_options() {
  return {{"seed", "n", "seed of the search instead of the experiment's"},
          {"population", "n", "genomes a generation (per island)"},
          {"generations", "n", "generations to breed"},
          {"set", "key=value", "any setting of the experiment, as in search.islands.count=2", "",
           true}};
}

Result<strategy::Overrides> search_overrides(const config::Arguments& arguments) {
  strategy::Overrides overrides;
  struct Limits {
    const char* name;
    std::int64_t least, most;
  };
  for (const Limits& option : {Limits{"seed", 0, INT64_MAX},
                               {"population", strategy::kPopulationMin, strategy::kPopulationMax},
                               {"generations", 1, strategy::kGenerationsMax}}) {
    if (!arguments.has(option.name)) continue;
    Result<std::int64_t> value = arguments.integer(option.name, option.least, option.most);
    if (!value) return value.error();
    overrides.push_back({fmt::format("search.{}", option.name), std::to_string(*value),
                         fmt::format("--{}", option.name)});
  }
  for (const std::string& word : arguments.all("set")) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) {
      return configuration_error(
          fmt::format("--set {}: expected key=value, as in --set search.elites=4", word));
    }
    const std::string key = word.substr(0, equals);
    overrides.push_back({key, word.substr(equals + 1), "--set " + key});
  }
  return overrides;
}

Result<std::string> run_name(const config::Arguments& arguments) {
  std::string name = arguments.text("name");
  if (arguments.has("name") && name.empty())
    return configuration_error(
        "--name: a run's name cannot be empty; leave it out for the experiment's");
  if (Status sound = strategy::check_name("--name:", name); !name.empty() && !sound)
    return sound.error();
  return name;
}

config::OptionSpec fail_if_option() {
  return {"fail-if", "condition",
          "exit 1 when it holds, as in \"verdict != plausible\" or \"pbo > 0.5\"", "", true};
}

Result<std::vector<FailIf>> fail_if_conditions(const config::Arguments& arguments) {
  std::vector<FailIf> conditions;
  for (const std::string& text : arguments.all("fail-if")) {
    Result<FailIf> condition = FailIf::parse(text);
    if (!condition) return condition.error();
    conditions.push_back(std::move(*condition));
  }
  return conditions;
}

Result<int> run_session(const wiring::Topology& topology, LocalPipeline& pipeline,
                        const strategy::Experiment& experiment, const SessionOptions& options) {
  Result<Evolution> evolution = Evolution::submit(
      topology, experiment, options.name.empty() ? experiment.name : options.name);
  if (!evolution) return evolution.error();
  return follow_session(topology, pipeline, *evolution, experiment.data, options);
}

Result<int> follow_session(const wiring::Topology& topology, LocalPipeline& pipeline,
                           Evolution& evolution, const strategy::DataSettings& data,
                           const SessionOptions& options) {
  std::FILE* people = options.json ? stderr : stdout;
  fmt::print(people, "run {}\n", evolution.run());
  if (pipeline.started()) say_who_else_runs(topology, evolution);

  ProgressView view(people, isatty(fileno(people)) != 0);
  Sitting sitting;
  Result<wire::Progress> last = evolution.follow(
      [&](const wire::Progress& progress) {
        const std::int64_t now_ns = read_clocks().monotonic_ns;
        sitting.see(progress, now_ns);
        wire::Progress shown = progress;
        if (shown.state == "finished") shown.detail.clear();  // the leaderboard says it
        view.show(shown, now_ns);
      },
      [&]() -> Status {
        if (interrupts() > 0) return transient_error("interrupted");
        return pipeline.check_running();
      });
  view.finish();
  if (interrupts() > 0) return interrupted(topology, evolution, pipeline, options);
  if (!last) {
    // The command that had started the pipeline may have stopped it at its own end.
    if (!pipeline.started() && !pipeline.check_running()) say_how_to_go_on(topology, evolution);
    return last.error();
  }
  const Result<config::Value> report = evolution.report(*last, "run " + evolution.run());
  if (!report) return report.error();
  config::Value document = run_document(
      *report, {sitting.evaluations_per_second(), sitting.judged_seconds(), pipeline.stages()});
  add_notes(document, options.notes);
  if (options.null_searches) {
    const Result<config::Value> nulls = options.null_searches(*report);
    if (interrupts() > 0) return kInterrupted;
    if (!nulls) return nulls.error();
    add_null(document, *nulls);
  }
  fmt::print(people, "{}", leaderboard_text(document, terminal_columns(people)));
  std::fflush(people);
  if (!supervised_elsewhere(topology)) {
    // What was found is found: the database may be behind, or away.
    if (Result<config::Value> rows = stored_rows(topology, evolution.run(), data); rows)
      document.set("rows", std::move(*rows));
    else
      fmt::print(stderr, "mendel: its rows were not counted: {}\n", rows.error().message);
    if (has_best(document)) {
      const std::string word = word_for(evolution, text_of(document, "name"));
      fmt::print(people, "\nsee it again: {}\nuse the pick: {}\n",
                 invocation(topology, "show " + word), invocation(topology, "export " + word));
    }
  }
  if (options.json) fmt::print("{}\n", config::to_json(document, 2));
  return exit_code(document, options);
}

}  // namespace mendel::cli
