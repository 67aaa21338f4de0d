#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "topology/mendel/command.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/evolution.hpp"
#include "topology/mendel/experiment_file.hpp"
#include "topology/mendel/forecast.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/null_searches.hpp"
#include "topology/mendel/seeds.hpp"
#include "topology/mendel/session.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {
namespace {

Result<int> submit_only(const wiring::Topology& topology, const strategy::Experiment& experiment,
                        const std::string& name) {
  if (!StateLock::owner(topology.state())) {
    return configuration_error(
        "--no-follow: no pipeline is running that would go on with it; start one with 'mendel up'");
  }
  if (const auto deleted = deleted_sockets(topology)) return transient_error(*deleted);
  Result<Evolution> evolution =
      Evolution::submit(topology, experiment, name.empty() ? experiment.name : name);
  if (!evolution) return evolution.error();
  fmt::print("{}\n", evolution->run());
  std::fflush(stdout);
  say_how_to_see(topology, evolution->run());
  return 0;
}

// A pipeline that runs has its database; what is asked for here would be ignored.
Status check_database(const wiring::Topology& topology, const std::string& database) {
  const auto owner = StateLock::owner(topology.state());
  if (database.empty() || !owner || owner->command != kUpCommand) return {};
  return configuration_error(fmt::format(
      "--database {}: the pipeline that runs in {} (pid {}) has its own database; leave "
      "--database out, stop that pipeline, or name another directory with --state <dir>",
      database, topology.state(), owner->pid));
}

// --seeds; nullopt when it is not given.
Result<std::optional<std::int64_t>> seeds_of(const config::Arguments& arguments,
                                             const strategy::Experiment& experiment) {
  if (!arguments.has("seeds")) return std::optional<std::int64_t>();
  const Result<std::int64_t> seeds = arguments.integer("seeds", 1, kSeedsMax);
  if (!seeds) return seeds.error();
  if (Status sound = check_seeds(experiment, *seeds); !sound) return sound.error();
  return std::optional(*seeds);
}

// --null, and what could only fail after the search.
Result<std::int64_t> nulls_of(const config::Arguments& arguments,
                              const strategy::Experiment& experiment,
                              const std::vector<FailIf>& fail_if) {
  Result<std::int64_t> nulls = arguments.integer("null", 0, kNullsMax);
  if (!nulls) return nulls.error();
  const bool asked = std::any_of(fail_if.begin(), fail_if.end(), [](const FailIf& condition) {
    return condition.name() == kNullP;
  });
  if (asked && *nulls == 0)
    return configuration_error(
        "--fail-if null_p: nothing is compared without --null; add it, as in --null 50");
  if (*nulls > 0 && experiment.data.shuffle > 0)
    return configuration_error("--null: this experiment has data.shuffle, it is a null itself");
  if (*nulls > 0 && arguments.has("seeds"))
    return configuration_error("--null and --seeds: leave one of them out");
  if (*nulls > 0 && arguments.flag("no-follow"))
    return configuration_error("--null: --no-follow does not wait for the search; leave it out");
  return nulls;
}

Result<int> run(const config::Arguments& arguments) {
  Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  Result<strategy::Overrides> overrides = search_overrides(arguments);
  if (!overrides) return overrides.error();
  Result<strategy::Experiment> experiment =
      read_experiment_file(arguments.operands().front(), *overrides);
  if (!experiment) return experiment.error();
  Result<std::vector<FailIf>> fail_if = fail_if_conditions(arguments);
  if (!fail_if) return fail_if.error();
  const Result<LocalPipelineOptions> local = local_options(arguments);
  if (!local) return local.error();
  Result<std::optional<std::int64_t>> several = seeds_of(arguments, *experiment);
  if (!several) return several.error();
  const std::optional<std::int64_t> seeds = *several;
  const Result<std::int64_t> nulls = nulls_of(arguments, *experiment, *fail_if);
  if (!nulls) return nulls.error();
  const Result<std::string> named = run_name(arguments);
  if (!named) return named.error();
  const std::string& name = *named;
  if (Status free = check_database(*topology, local->database); !free) return free.error();
  if (arguments.flag("follow") && arguments.flag("no-follow"))
    return configuration_error("--follow and --no-follow: leave one of them out");
  if (arguments.flag("no-follow") && !fail_if->empty())
    return configuration_error("--fail-if: --no-follow does not wait for a verdict; leave it out");
  if (arguments.flag("no-follow") && seeds)
    return configuration_error("--seeds: --no-follow does not wait for them; leave it out");
  const std::int64_t searches = seeds.value_or(1) + *nulls;
  if (Status agreed = confirm(forecast(*experiment, searches), arguments.flag("yes")); !agreed)
    return agreed.error();
  if (arguments.flag("no-follow")) {
    note_unused(*local);
    return submit_only(*topology, *experiment, name);
  }

  catch_interrupts();
  Result<LocalPipeline> pipeline = LocalPipeline::ensure(*topology, *local);
  if (!pipeline) return pipeline.error();
  SessionOptions options;
  options.name = name;
  options.json = arguments.flag("json");
  options.fail_if = std::move(*fail_if);
  if (*nulls > 0) {
    options.null_searches = [&](const config::Value& report) {
      return NullSearches(*topology, *pipeline, options.json ? stderr : stdout)
          .run(*experiment, name.empty() ? experiment->name : name, *nulls, report);
    };
  }
  return seeds ? run_seeds(*topology, *pipeline, *experiment, *seeds, options)
               : run_session(*topology, *pipeline, *experiment, options);
}

}  // namespace

Command evolve_command() {
  Command command;
  command.spec.name = "mendel evolve";
  command.spec.summary = "breed the strategy of an experiment and show the leaderboard";
  command.spec.operands = {"FILE"};
  command.spec.options = search_options();
  for (const config::OptionSpec& option : std::vector<config::OptionSpec>{
           {"name", "text", "name of the run instead of the experiment's"},
           {"seeds", "n", "search with so many consecutive seeds, and show how far they lie apart"},
           {"json", "", "print one JSON document on stdout, everything else on stderr"},
           {"follow", "", "stay, show the progress and the leaderboard; so it is without it, too"},
           {"no-follow", "", "only submit to the running pipeline, and print the run's id"},
           {"evaluators", "n", "evaluator processes, when the pipeline is started for it [2]"},
           fail_if_option(),
           consent_option(),
           {"null", "n", "search n shuffled pasts, too: the p-value of what was found", "0"},
           database_option()}) {
    command.spec.options.push_back(option);
  }
  for (config::OptionSpec& option : pipeline_options()) command.spec.options.push_back(option);
  command.spec.examples = {
      "mendel evolve experiment.toml",
      "mendel evolve experiment.toml --null 50 --fail-if 'verdict != plausible'"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
