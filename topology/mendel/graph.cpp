#include <fmt/format.h>

#include "topology/mendel/command.hpp"

namespace mendel::cli {

Command graph_command() {
  Command command;
  command.spec.name = "mendel graph";
  command.spec.summary = "draw the pipeline: its stages, its edges and where they meet";
  command.spec.options = pipeline_options();
  command.spec.examples = {"mendel graph", "mendel graph --topology topology/local.ini"};
  command.run = [](const config::Arguments& arguments) -> Result<int> {
    const Result<wiring::Topology> topology = open_topology(arguments);
    if (!topology) return topology.error();
    fmt::print("{}", wiring::draw(*topology));
    return 0;
  };
  return command;
}

}  // namespace mendel::cli
