#include <fmt/format.h>

#include <cstdio>

#include "topology/mendel/command.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/supervisor.hpp"

namespace mendel::cli {
namespace {

Result<int> run(const config::Arguments& arguments) {
  Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  Result<std::int64_t> evaluators = arguments.integer("evaluators", 1, kEvaluatorsMax);
  if (!evaluators) return evaluators.error();
  Result<bool> is_private = private_database(arguments, *topology);
  if (!is_private) return is_private.error();
  SupervisorOptions options;
  options.evaluators = static_cast<int>(*evaluators);
  options.private_database = *is_private;
  options.say = [](const std::string& line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  };
  return Supervisor(*topology, options).run();
}

}  // namespace

Command up_command() {
  Command command;
  command.spec.name = "mendel up";
  command.spec.summary = "run the six stages here until Ctrl-C, restarting what fails";
  command.spec.options = {{"evaluators", "n", "evaluator processes, which share the cores", "2"},
                          database_option()};
  for (config::OptionSpec& option : pipeline_options()) command.spec.options.push_back(option);
  command.spec.examples = {"mendel up", "mendel up --evaluators 4 --state /tmp/trial"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
