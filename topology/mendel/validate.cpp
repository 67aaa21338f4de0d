#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "shared/base/version.hpp"
#include "shared/database/settings.hpp"
#include "shared/runtime/stages.hpp"
#include "shared/wiring/edges.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_checks.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/findings.hpp"
#include "topology/mendel/store_checks.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kAnswerMsMax = 3000;
constexpr rlim_t kFilesWanted = 4096;
constexpr rlim_t kFilesLeast = 1024;

Result<DatabaseDemand> demand_of(const wiring::Topology& topology) {
  const auto lookup = [&](std::string_view key, std::string_view fallback) {
    return topology.setting(key, fallback);
  };
  const auto loader = database::pool_options(lookup, "data_loader");
  if (!loader) return loader.error();
  const auto writer = database::pool_options(lookup, "results_writer");
  if (!writer) return writer.error();
  return DatabaseDemand{loader->connections_max + writer->connections_max};
}

Finding check_monitoring(const std::vector<runtime::StageState>& states,
                         const wiring::Topology& topology) {
  const auto monitor = std::find_if(states.begin(), states.end(),
                                    [](const auto& one) { return one.stage == "monitor"; });
  const std::string listen = topology.setting("monitor.listen", "127.0.0.1:9464");
  if (monitor != states.end() && monitor->healthy) {
    return {"monitoring", Outcome::pass, fmt::format("monitor serves http://{}/metrics", listen),
            ""};
  }
  return {"monitoring", Outcome::warn,
          monitor == states.end() ? "monitor does not run" : "monitor is not healthy",
          fmt::format("'mendel up' starts it; let Prometheus scrape http://{}/metrics", listen)};
}

Finding check_topology(const std::vector<runtime::StageState>& states,
                       const wiring::Topology& topology) {
  std::vector<std::string> missing;
  for (const std::string_view stage : wiring::kStages) {
    const bool runs = std::any_of(states.begin(), states.end(),
                                  [&](const auto& one) { return one.stage == stage; });
    if (!runs) missing.emplace_back(stage);
  }
  const std::string measured = fmt::format("{}: {} edges; {} processes run", topology.file(),
                                           topology.edges().size(), states.size());
  if (missing.empty() || states.empty()) return {"topology", Outcome::pass, measured, ""};
  return {"topology", Outcome::warn, measured,
          fmt::format("not running here: {}; 'mendel status' shows why", fmt::join(missing, ", "))};
}

Finding check_versions(const std::vector<runtime::StageState>& states) {
  std::vector<std::string> broken;
  for (const runtime::StageState& state : states) {
    if (!state.healthy) broken.push_back(state.stage + ": " + state.reason);
  }
  const std::string measured = fmt::format("mendel {}, engine {}", kProductVersion, kEngineVersion);
  if (broken.empty()) return {"versions", Outcome::pass, measured, ""};
  return {"versions", Outcome::warn, measured,
          fmt::format("not healthy: {}", fmt::join(broken, "; "))};
}

Finding check_file_limits() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const std::string measured = fmt::format("{} open files at most", limit.rlim_cur);
  if (limit.rlim_cur >= kFilesWanted) return {"file_limits", Outcome::pass, measured, ""};
  return {"file_limits", limit.rlim_cur < kFilesLeast ? Outcome::fail : Outcome::warn, measured,
          "ulimit -n 16384 (LimitNOFILE= of systemd, ulimits: of compose)"};
}

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const Result<DatabaseDemand> demand = demand_of(*topology);
  if (!demand) return demand.error();
  std::vector<Finding> findings;
  {
    const auto access = DatabaseAccess::open(arguments, *topology, "mendel validate");
    findings = access ? check_database(access->dsn(), *demand)
                      : unreachable_database(access.error().message);
  }
  const auto states = runtime::ask_stages(*topology, "", kAnswerMsMax);
  findings.push_back(check_monitoring(states, *topology));
  for (Finding& finding :
       check_store(topology->store(), topology->setting("pipeline.efs_dns_name"))) {
    findings.push_back(std::move(finding));
  }
  findings.push_back(check_topology(states, *topology));
  findings.push_back(check_versions(states));
  findings.push_back(check_file_limits());
  if (arguments.flag("json")) {
    fmt::print("{}\n", config::to_json(findings_value(findings), 2));
  } else {
    fmt::print("{}", findings_text(findings));
  }
  return verdict_of(findings) == Outcome::fail ? 1 : 0;
}

}  // namespace

Command validate_command() {
  Command command;
  command.spec.name = "mendel validate";
  command.spec.summary = "check database, store and machine before they are relied on";
  command.spec.options = {{"json", "", "print one JSON document"}, database_option()};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel validate", "mendel validate --database env --json"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
