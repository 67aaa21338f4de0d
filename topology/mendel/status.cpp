#include <fmt/format.h>

#include <cstdlib>
#include <string>

#include "shared/runtime/stages.hpp"
#include "topology/mendel/command.hpp"
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
  if (states.empty()) {
    return transient_error(
        fmt::format("nothing runs in {}; 'mendel up --state {}' starts a "
                    "pipeline",
                    topology->state(), topology->state()));
  }
  for (runtime::StageState& state : states) add_pool_limit(*topology, state);
  fmt::print("{}", status_table(states));
  return 0;
}

}  // namespace

Command status_command() {
  Command command;
  command.spec.name = "mendel status";
  command.spec.summary =
      "Shows all stages: state and why, rates, lag, database pool, response time.";
  command.spec.options = pipeline_options();
  command.spec.examples = {"mendel status", "mendel status --state /var/lib/mendel"};
  command.run = status;
  return command;
}

}  // namespace mendel::cli
