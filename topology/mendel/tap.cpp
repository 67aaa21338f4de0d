#include <fmt/format.h>

#include <cstdio>
#include <limits>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/runtime/client.hpp"
#include "shared/telemetry/health_socket.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/state_folder.hpp"
#include "topology/mendel/tapped_line.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kLookMs = 200;

// On one machine it can be seen whether there is anything to listen to.
Status check_monitor(const wiring::Topology& topology) {
  if (!topology.setting("taps.out").starts_with("ipc://")) return {};
  if (!telemetry::health_sockets(topology.run(), "monitor").empty()) return {};
  if (const auto deleted = deleted_sockets(topology)) return transient_error(*deleted);
  return transient_error(
      fmt::format("monitor does not run in {}; 'mendel up --state {}' starts a "
                  "pipeline",
                  topology.state(), topology.state()));
}

Result<int> tap(const config::Arguments& arguments) {
  const std::string format = arguments.text("format");
  if (format != "text" && format != "json") {
    return configuration_error(fmt::format("--format {}: expected text or json", format));
  }
  const Result<std::int64_t> limit =
      arguments.integer("limit", 0, std::numeric_limits<std::int64_t>::max());
  if (!limit) return limit.error();
  const auto& operands = arguments.operands();
  const auto prefixes = tap_prefixes(operands.empty() ? "" : operands.front());
  if (!prefixes) return prefixes.error();
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  if (Status runs = check_monitor(*topology); !runs) return runs.error();
  Result<runtime::TapListener> listener = runtime::TapListener::open(*topology, *prefixes);
  if (!listener) return listener.error();

  catch_interrupts();
  std::int64_t shown = 0;
  while (interrupts() == 0 && (*limit == 0 || shown < *limit)) {
    const auto tapped = listener->next(kLookMs);
    if (!tapped) continue;
    const std::string line = format == "json" ? tapped_json(*tapped) : tapped_text(*tapped);
    fmt::print("{}\n", line);
    if (std::fflush(stdout) != 0) break;  // the reader of our pipe is gone
    ++shown;
  }
  fmt::print(stderr, "{} message{} shown, {} dropped before they came here\n", shown,
             shown == 1 ? "" : "s", listener->dropped());
  return 0;
}

}  // namespace

Command tap_command() {
  Command command;
  command.spec.name = "mendel tap";
  command.spec.summary = "show the messages of a stage or an edge as they pass, slowing nobody";
  command.spec.operands = {"[STAGE|EDGE]"};
  command.spec.options = {{"limit", "n", "end after n messages; 0 = never", "0"},
                          {"format", "format", "text or json (one object a line)", "text"}};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel tap scores --limit 5", "mendel tap evaluator --format json"};
  command.run = tap;
  return command;
}

}  // namespace mendel::cli
