#include <fmt/format.h>

#include <algorithm>

#include "topology/mendel/command.hpp"
#include "topology/mendel/dispatcher_access.hpp"
#include "topology/mendel/evolution.hpp"
#include "topology/mendel/run_list.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {
namespace {

bool is_unfinished(const config::Value& run) { return !has_ended(text_of(run, "state")); }

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  Result<DispatcherAccess> dispatcher = DispatcherAccess::open(*topology);
  if (!dispatcher) return dispatcher.error();
  const Result<config::Value> runs = dispatcher->list();
  if (!runs) return runs.error();
  if (arguments.flag("json")) {
    fmt::print("{}\n", config::to_json(*runs, 2));
  } else if (runs->items().empty()) {
    fmt::print("there are no runs in {}; '{}' starts one\n", topology->state(),
               invocation(*topology, "evolve FILE"));
  } else {
    fmt::print("{}", runs_table(*runs));
  }
  const auto& all = runs->items();
  if (std::any_of(all.begin(), all.end(), is_unfinished)) dispatcher->say_how_they_go_on();
  return 0;
}

}  // namespace

Command runs_command() {
  Command command;
  command.spec.name = "mendel runs";
  command.spec.summary = "list all runs, the latest first: state, progress, best";
  command.spec.options = {{"json", "", "print one JSON array"}};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel runs", "mendel runs --json"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
