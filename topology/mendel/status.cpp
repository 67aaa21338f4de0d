#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "shared/runtime/stages.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/state_folder.hpp"
#include "topology/mendel/status_table.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kAnswerMsMax = 3000;

// A pool's limit is a setting, and known also when the stage does not say it.
void add_pool_limit(const wiring::Topology& topology, runtime::StageState& state) {
  if (state.stage != "data_loader" && state.stage != "results_writer") return;
  if (!state.sample("pool_in_use") || state.sample("pool_max")) return;
  const std::string limit = topology.setting(state.stage + ".pool_max");
  if (!limit.empty()) state.samples.push_back({"pool_max", "", std::atof(limit.c_str())});
}

Result<int> status(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  auto states = runtime::ask_stages(*topology, "", kAnswerMsMax);
  // A stage that was restarted since has a socket; the others have none.
  const std::optional<std::string> deleted = deleted_sockets(*topology);
  if (deleted && states.empty()) return transient_error(*deleted);
  if (deleted) fmt::print(stderr, "{}\n", *deleted);
  const auto owner = StateLock::owner(topology->state());
  if (states.empty() && owner && owner->command == kUpCommand) {
    return transient_error(fmt::format("'{}' (pid {}) in {} has no stage running yet",
                                       owner->command, owner->pid, topology->state()));
  }
  if (states.empty()) {
    return transient_error(
        fmt::format("nothing runs in {}; 'mendel up --state {}' starts a "
                    "pipeline",
                    topology->state(), topology->state()));
  }
  for (runtime::StageState& state : states) add_pool_limit(*topology, state);
  fmt::print("{}", status_table(states));
  if (const std::string alerts = alert_lines(states); !alerts.empty()) {
    fmt::print("\n{}docs/operating.md, Alerts, says what to do\n", alerts);
  }
  return 0;
}

}  // namespace

Command status_command() {
  Command command;
  command.spec.name = "mendel status";
  command.spec.summary = "show all stages: state and why, rates, lag, database pool, response time";
  command.spec.options = pipeline_options();
  command.spec.examples = {"mendel status", "mendel status --state /var/lib/mendel"};
  command.run = status;
  return command;
}

}  // namespace mendel::cli
