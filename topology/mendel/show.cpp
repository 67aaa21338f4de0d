#include <fmt/format.h>

#include <cstdint>
#include <cstdio>

#include "shared/runtime/stages.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/dispatcher_access.hpp"
#include "topology/mendel/evolution.hpp"
#include "topology/mendel/leaderboard.hpp"
#include "topology/mendel/local_pipeline.hpp"
#include "topology/mendel/progress_view.hpp"
#include "topology/mendel/run_document.hpp"
#include "topology/mendel/run_list.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kHealthMs = 500;

// The document that `evolve` printed. The rate, and the rows it counted in the database, are null.
config::Value document_of(const wiring::Topology& topology, const config::Value& shown,
                          const config::Value& report) {
  RunSeen seen;
  seen.stages = stages_value(runtime::ask_stages(topology, "", kHealthMs));
  config::Value document = run_document(report, seen);
  for (const char* key : {"state", "experiment", "created"}) {
    document.set(key, text_of(shown, key));
  }
  return document;
}

Result<int> show(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  Result<DispatcherAccess> dispatcher = DispatcherAccess::open(*topology);
  if (!dispatcher) return dispatcher.error();
  const Result<config::Value> shown = dispatcher->show(arguments.operands().front());
  if (!shown) return shown.error();
  const config::Value* report = shown->find("report");
  const bool has_report = report != nullptr && report->is_table();
  if (arguments.flag("json")) {
    const config::Value document = has_report ? document_of(*topology, *shown, *report) : *shown;
    fmt::print("{}\n", config::to_json(document, 2));
  } else {
    fmt::print("{}", run_text(*shown));
    if (has_report)
      fmt::print("{}",
                 leaderboard_text(run_document(*report, RunSeen()), terminal_columns(stdout)));
  }
  if (!has_ended(text_of(*shown, "state"))) dispatcher->say_how_they_go_on();
  return 0;
}

}  // namespace

Command show_command() {
  Command command;
  command.spec.name = "mendel show";
  command.spec.summary = "show a run: its progress, and its leaderboard once it has finished";
  command.spec.operands = {"RUN"};
  command.spec.options = {{"json", "", "print one JSON document, as 'mendel evolve --json' does"}};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel show sp500_trend", "mendel show 01M80ZV8 --json"};
  command.run = show;
  return command;
}

}  // namespace mendel::cli
