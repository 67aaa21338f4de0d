#include <fmt/format.h>

#include <string>

#include "topology/mendel/command.hpp"
#include "topology/mendel/dispatcher_access.hpp"
#include "topology/mendel/evolution.hpp"
#include "topology/mendel/run_list.hpp"

namespace mendel::cli {
namespace {

std::string described(const config::Value& run) {
  return fmt::format("run {} ({})", text_of(run, "run"), config::one_line(text_of(run, "name")));
}

int already_ended(const config::Value& run) {
  const std::string detail = config::one_line(text_of(run, "detail"));
  fmt::print("{} has ended already: {}{}\n", described(run), text_of(run, "state"),
             detail.empty() ? "" : fmt::format(" ({})", detail));
  return 0;
}

Result<int> cancel(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  Result<DispatcherAccess> dispatcher = DispatcherAccess::open(*topology);
  if (!dispatcher) return dispatcher.error();
  const Result<config::Value> found = dispatcher->show(arguments.operands().front());
  if (!found) return found.error();
  if (has_ended(text_of(*found, "state"))) return already_ended(*found);
  const Result<config::Value> run = dispatcher->cancel(text_of(*found, "run"));
  if (!run) return run.error();
  if (text_of(*run, "state") != "cancelled") return already_ended(*run);  // it ended meanwhile
  fmt::print("{} is cancelled\n", described(*run));
  if (!dispatcher->is_running()) {
    fmt::print("no pipeline is running: the database learns of it when one is\n");
  }
  return 0;
}

}  // namespace

Command cancel_command() {
  Command command;
  command.spec.name = "mendel cancel";
  command.spec.summary = "end a run before it has finished; what it has recorded stays";
  command.spec.operands = {"RUN"};
  command.spec.options = pipeline_options();
  command.spec.examples = {"mendel cancel sp500_trend", "mendel cancel 01M80ZV8"};
  command.run = cancel;
  return command;
}

}  // namespace mendel::cli
