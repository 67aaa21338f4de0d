#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "shared/database/dsn.hpp"
#include "topology/mendel/child.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/commands.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/experiment_file.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/session.hpp"

namespace mendel::cli {
namespace {

// The demo writes into a database of the user's only after naming it.
Status confirm_database(const wiring::Topology& topology, bool yes) {
  Result<database::Dsn> dsn = environment_dsn(topology);
  if (!dsn) return dsn.error();
  Result<database::DsnSettings> settings = database::parse_dsn(*dsn);
  if (!settings) return settings.error();
  fmt::print(stderr, "the demo would create and fill the schema 'mendel' in {}\n",
             settings->describe());
  if (yes) return {};
  if (isatty(STDIN_FILENO) == 0) {
    return configuration_error("--database env: say --yes to use that database");
  }
  fmt::print(stderr, "type yes to go on: ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "yes" ? Status() : configuration_error("nothing was done");
}

// The way any user's file goes in; what it prints (rows, span, gaps) is shown.
Status ingest(const wiring::Topology& topology, const strategy::Experiment& experiment) {
  ChildSpec spec;
  spec.name = "mendel ingest";
  spec.words = {binary_folder() + "/mendel",
                "ingest",
                root_folder() + "/topology/demo/sp500_1d.csv",
                "--symbol",
                experiment.data.symbols.front(),
                "--timeframe",
                experiment.data.timeframe.name,
                "--source",
                experiment.data.source,
                "--volume",
                "volume",
                "--state",
                topology.state(),
                "--topology",
                topology.file()};
  Result<ProgramOutput> output = run_program(spec);
  if (!output) return output.error();
  fmt::print(stderr, "{}", output->text);
  if (!output->ending.by_signal && output->ending.number == 0) return {};
  return transient_error("the bars of the demo could not be ingested");
}

Result<int> run(const config::Arguments& arguments) {
  Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  Result<strategy::Overrides> overrides = search_overrides(arguments);
  if (!overrides) return overrides.error();
  Result<strategy::Experiment> experiment =
      read_experiment_file(root_folder() + "/topology/demo/experiment.toml", *overrides);
  if (!experiment) return experiment.error();
  Result<std::int64_t> evaluators = arguments.integer("evaluators", 1, kEvaluatorsMax);
  if (!evaluators) return evaluators.error();
  Result<bool> is_private = private_database(arguments, *topology);
  if (!is_private) return is_private.error();
  if (!*is_private) {
    if (Status agreed = confirm_database(*topology, arguments.flag("yes")); !agreed) {
      return agreed.error();
    }
  }

  catch_interrupts();
  LocalPipelineOptions local;
  local.evaluators = static_cast<int>(*evaluators);
  local.database = *is_private ? "private" : "env";
  local.must_start = true;
  Result<LocalPipeline> pipeline = LocalPipeline::ensure(*topology, local);
  if (!pipeline) return pipeline.error();
  if (Status stored = ingest(*topology, *experiment); !stored) return stored.error();
  SessionOptions options;
  options.json = arguments.flag("json");
  options.cancel_when_interrupted = true;
  options.notes = {"this index pays no dividends: buy and hold of the real thing earned more"};
  return run_session(*topology, *pipeline, *experiment, options);
}

}  // namespace

Command demo_command() {
  Command command;
  command.spec.name = "mendel demo";
  command.spec.summary = "run the whole pipeline on 20 years of the S&P 500, then stop it";
  command.spec.options = search_options();
  for (const config::OptionSpec& option : std::vector<config::OptionSpec>{
           {"json", "", "print one JSON document on stdout, everything else on stderr"},
           {"evaluators", "n", "evaluator processes, which share the cores", "2"},
           {"database", "which",
            "private (PostgreSQL in the state directory) or env (NEON_CONNECTION_STRING)",
            "private"},
           {"yes", "", "use the database of the environment without asking"}}) {
    command.spec.options.push_back(option);
  }
  for (config::OptionSpec& option : pipeline_options()) command.spec.options.push_back(option);
  command.spec.examples = {"mendel demo", "mendel demo --json --seed 7 --evaluators 3"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
