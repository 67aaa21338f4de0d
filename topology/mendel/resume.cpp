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
#include "topology/mendel/forecast.hpp"
#include "topology/mendel/fork.hpp"
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
  config::Value genomes;  // for a fork
};

Result<Found> find(const wiring::Topology& topology, const std::string& word, bool fork) {
  Result<DispatcherAccess> dispatcher = DispatcherAccess::open(topology);
  if (!dispatcher) return dispatcher.error();
  Result<config::Value> shown = dispatcher->show(word);
  if (!shown) return shown.error();
  if (fork) shown = dispatcher->genomes(text_of(*shown, "run"));
  if (!shown) return shown.error();
  Found found{text_of(*shown, "run"), text_of(*shown, "state"), text_of(*shown, "detail"), {}, {}};
  if (const config::Value* genomes = shown->find("genomes")) found.genomes = *genomes;
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
  return changed_experiment(found.submitted, found.run, *overrides);
}

// A run keeps its experiment for life. What differs is said line by line.
Status refuse_changes(const Found& found, const strategy::Experiment& meant) {
  const std::string diff = experiment_diff(found.submitted.canonical_text, meant.canonical_text);
  if (diff.empty()) return {};
  fmt::print(stderr, "the experiment is not the one of run {} (- the run's, + yours):\n{}\n",
             found.run, diff);
  return configuration_error(fmt::format(
      "run {}: a changed experiment cannot go on in it; leave --experiment and --set out to go on "
      "as it was submitted, or add --fork to start a new run of the changed one from its genomes",
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
      fmt::format("run {} is {}{}, which is final; --fork starts a new run from its genomes, and "
                  "what is recorded is not evaluated again",
                  found.run, found.state, why));
}

Result<LocalPipeline> pipeline_for(const config::Arguments& arguments,
                                   const wiring::Topology& topology) {
  const Result<LocalPipelineOptions> local = local_options(arguments);
  if (!local) return local.error();
  catch_interrupts();
  return LocalPipeline::ensure(topology, *local);
}

Result<int> start_fork(const config::Arguments& arguments, const wiring::Topology& topology,
                       const Found& found, const strategy::Experiment& meant) {
  const Result<Fork> fork = fork_of(found.submitted, meant, found.genomes);
  if (!fork) return fork.error();
  fmt::print(stderr, "a fork of run {}: starts from {} of its genomes{}\n", found.run, fork->taken,
             fork->left_out == 0 ? "" : fmt::format(", without {} others", fork->left_out));
  if (Status agreed = confirm(forecast(fork->experiment), arguments.flag("yes")); !agreed) {
    return agreed.error();
  }
  Result<LocalPipeline> pipeline = pipeline_for(arguments, topology);
  if (!pipeline) return pipeline.error();
  SessionOptions options;
  options.name = arguments.text("name");
  options.json = arguments.flag("json");
  return run_session(topology, *pipeline, fork->experiment, options);
}

Result<int> resume(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const bool fork = arguments.flag("fork");
  if (arguments.has("name") && !fork)
    return configuration_error("--name: a run keeps its name; with --fork it names the new run");
  if (const Result<std::string> name = run_name(arguments); !name) return name.error();
  const Result<Found> found = find(*topology, arguments.operands().front(), fork);
  if (!found) return found.error();
  const Result<strategy::Experiment> meant = experiment_meant(arguments, *found);
  if (!meant) return meant.error();
  if (fork) return start_fork(arguments, *topology, *found, *meant);
  if (Status same = refuse_changes(*found, *meant); !same) return same.error();
  if (has_ended(found->state)) return refuse_ended(*topology, *found);
  Result<LocalPipeline> pipeline = pipeline_for(arguments, *topology);
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
      {"experiment", "file",
       "the experiment: refused, with what differs, unless it is the run's; with --fork the new "
       "one"},
      {"fork", "", "start a new run from its genomes, with an experiment that may differ"},
      {"name", "text", "name of the fork instead of the experiment's"}};
  for (const config::OptionSpec& option : search_options()) command.spec.options.push_back(option);
  for (const config::OptionSpec& option : std::vector<config::OptionSpec>{
           {"json", "", "print one JSON document on stdout, everything else on stderr"},
           {"evaluators", "n", "evaluator processes, when the pipeline is started for it [2]"},
           consent_option(),
           database_option()}) {
    command.spec.options.push_back(option);
  }
  for (config::OptionSpec& option : pipeline_options()) command.spec.options.push_back(option);
  command.spec.examples = {"mendel resume sp500_trend",
                           "mendel resume 01M80ZV8 --fork --experiment changed.toml"};
  command.run = resume;
  return command;
}

}  // namespace mendel::cli
