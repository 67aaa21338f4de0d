#include <fmt/format.h>

#include "topology/mendel/command.hpp"
#include "topology/mendel/experiment_file.hpp"

namespace mendel::cli {
namespace {

Result<int> run(const config::Arguments& arguments) {
  const auto experiment = read_experiment_file(arguments.operands().front(), {});
  if (!experiment) return experiment.error();
  fmt::print("{}\n# warm-up (W): {} bars\n# digest: {}\n", experiment->canonical_text,
             experiment->look_back, experiment->digest.hex());
  return 0;
}

}  // namespace

Command check_command() {
  Command command;
  command.spec.name = "mendel check";
  command.spec.summary = "check an experiment and print it with every setting spelled out";
  command.spec.operands = {"FILE"};
  command.spec.examples = {"mendel check trend.toml", "mendel check trend.toml > resolved.toml"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
