#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

#include "topology/mendel/command.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/dispatcher_access.hpp"
#include "topology/mendel/evolution.hpp"
#include "topology/mendel/experiment_diff.hpp"
#include "topology/mendel/experiment_file.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/run_list.hpp"
#include "topology/mendel/session.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {
namespace {

// The run as it was before anything was started.
struct Found {
  std::string run;
  std::string state;
  std::string detail;
  strategy::Experiment submitted;
};

Result<Found> find(const wiring::Topology& topology, const std::string& word) {
  Result<DispatcherAccess> dispatcher = DispatcherAccess::open(topology);
  if (!dispatcher) return dispatcher.error();
  const Result<config::Value> shown = dispatcher->show(word);
  if (!shown) return shown.error();
  Found found{text_of(*shown, "run"), text_of(*shown, "state"), text_of(*shown, "detail"), {}};
  Result<strategy::Experiment> submitted =
      strategy::read_experiment(text_of(*shown, "experiment_toml"), "run " + found.run);
  if (!submitted) return submitted.error();
  found.submitted = std::move(*submitted);
  return found;
}

// What the command line makes of the experiment: the file, else what was submitted; with its --set.
Result<strategy::Experiment> experiment_meant(const config::Arguments& arguments,
                                              const Found& found) {
  const Result<strategy::Overrides> overrides = search_overrides(arguments);
  if (!overrides) return overrides.error();
  if (const std::string file = arguments.text("experiment"); !file.empty())
    return read_experiment_file(file, *overrides);
  return strategy::read_experiment(found.submitted.canonical_text, "run " + found.run, *overrides);
}

// A run keeps its experiment for life. What differs is said line by line.
Status refuse_changes(const Found& found, const strategy::Experiment& meant) {
  const std::string diff = experiment_diff(found.submitted.canonical_text, meant.canonical_text);
  if (diff.empty()) return {};
  fmt::print(stderr, "the experiment is not the one of run {} (- the run's, + yours):\n{}\n",
             found.run, diff);
  return configuration_error(fmt::format(
      "run {}: a changed experiment cannot go on in it; leave --experiment and --set out to go on "
      "as it was submitted, or 'mendel evolve' the changed one",
      found.run));
}

// An ended run has nothing to go on with.
Result<int> refuse_ended(const wiring::Topology& topology, const Found& found) {
  const std::string why = found.detail.empty() ? "" : config::one_line(" (" + found.detail + ")");
  if (found.state == "finished") {
    fmt::print("run {} has finished{}; '{}' shows its leaderboard\n", found.run, why,
               invocation(topology, "show " + found.run));
    return 0;
  }
  return configuration_error(
      fmt::format("run {} is {}{}, which is final; 'mendel evolve' makes a new run of its "
                  "experiment, and what is recorded is not evaluated again",
                  found.run, found.state, why));
}

Result<int> resume(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const Result<std::int64_t> evaluators = arguments.integer("evaluators", 1, kEvaluatorsMax);
  if (!evaluators) return evaluators.error();
  const Result<Found> found = find(*topology, arguments.operands().front());
  if (!found) return found.error();
  const Result<strategy::Experiment> meant = experiment_meant(arguments, *found);
  if (!meant) return meant.error();
  if (Status same = refuse_changes(*found, *meant); !same) return same.error();
  if (has_ended(found->state)) return refuse_ended(*topology, *found);

  catch_interrupts();
  LocalPipelineOptions local;
  local.evaluators = static_cast<int>(*evaluators);
  local.database = arguments.text("database");
  Result<LocalPipeline> pipeline = LocalPipeline::ensure(*topology, local);
  if (!pipeline) return pipeline.error();
  Result<Evolution> evolution = Evolution::attach(*topology, found->run);
  if (!evolution) return evolution.error();
  SessionOptions options;
  options.json = arguments.flag("json");
  return follow_session(*topology, *pipeline, *evolution, found->submitted.data, options);
}

}  // namespace

Command resume_command() {
  Command command;
  command.spec.name = "mendel resume";
  command.spec.summary = "go on with a run that was stopped or killed, to the same result";
  command.spec.operands = {"RUN"};
  command.spec.options = {
      {"experiment", "file", "refuse, with what differs, unless the run has this experiment"}};
  for (const config::OptionSpec& option : search_options()) command.spec.options.push_back(option);
  for (const config::OptionSpec& option : std::vector<config::OptionSpec>{
           {"json", "", "print one JSON document on stdout, everything else on stderr"},
           {"evaluators", "n", "evaluator processes, when the pipeline is started for it", "2"},
           database_option()}) {
    command.spec.options.push_back(option);
  }
  for (config::OptionSpec& option : pipeline_options()) command.spec.options.push_back(option);
  command.spec.examples = {"mendel resume sp500_trend",
                           "mendel resume 01M80ZV8 --experiment experiment.toml"};
  command.run = resume;
  return command;
}

}  // namespace mendel::cli
