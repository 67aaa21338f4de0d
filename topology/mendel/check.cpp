#include <fmt/format.h>

#include <cstdio>

#include "shared/genetics/reproduction.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/experiment_file.hpp"

namespace mendel::cli {
namespace {

// What is allowed and hardly meant.
void print_notes(const strategy::Experiment& experiment) {
  for (const strategy::Gene& gene : experiment.genes) {
    if (gene.levels() != 1) continue;
    const config::Value value = gene.meaning(gene.least);
    fmt::print(stderr,
               "note: gene '{}' has one value only, {}; a wider range or a smaller step would "
               "leave something to search\n",
               gene.name, value.is_text() ? value.as_text() : fmt::format("{}", value.as_number()));
  }
}

Result<int> run(const config::Arguments& arguments) {
  const auto experiment = read_experiment_file(arguments.operands().front(), {});
  if (!experiment) return experiment.error();
  if (Status searchable = genetics::check_constraints(*experiment); !searchable)
    return searchable.error();
  fmt::print("{}\n# warm-up (W): {} bars\n# digest: {}\n", experiment->canonical_text,
             experiment->look_back, experiment->digest.hex());
  std::fflush(stdout);
  print_notes(*experiment);
  return 0;
}

}  // namespace

Command check_command() {
  Command command;
  command.spec.name = "mendel check";
  command.spec.summary =
      "check an experiment and print it resolved: defaults spelled out, let names put in";
  command.spec.operands = {"FILE"};
  command.spec.examples = {"mendel check trend.toml", "mendel check trend.toml > resolved.toml"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
