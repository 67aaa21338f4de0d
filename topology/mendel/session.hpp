// Session: one evolution from submission to leaderboard, the part that `evolve`, `resume` and
// `demo` share. Threads: the main thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/config/value.hpp"
#include "shared/strategy/experiment.hpp"
#include "shared/wiring/topology.hpp"
#include "topology/mendel/evolution.hpp"
#include "topology/mendel/fail_if.hpp"
#include "topology/mendel/local_pipeline.hpp"

namespace mendel::cli {

// --seed, --population, --generations, --set key=value.
std::vector<config::OptionSpec> search_options();
Result<strategy::Overrides> search_overrides(const config::Arguments& arguments);
// --name; "" = the experiment's. An empty one is refused.
Result<std::string> run_name(const config::Arguments& arguments);
// --fail-if, for commands that end with a verdict.
config::OptionSpec fail_if_option();
Result<std::vector<FailIf>> fail_if_conditions(const config::Arguments& arguments);

struct SessionOptions {
  std::string name;                // of the run; "" = the experiment's
  bool json = false;               // the document on stdout, everything else on stderr
  std::vector<std::string> notes;  // of the command, shown below the leaderboard
  std::vector<FailIf> fail_if;     // conditions that make the command fail
  // Asked for once the run has ended, with its report; becomes `null` of the document. May be
  // empty.
  std::function<Result<config::Value>(const config::Value& report)> null_searches;
  // Ctrl-C ends a run whose pipeline this command started; else `mendel resume` goes on with it.
  bool cancel_when_interrupted = false;
};

// Submits, follows, fetches the report, waits until all is stored, prints. Returns the exit code:
// 0, 1 = a condition of fail_if holds, 3 = no feasible genome, 130 = interrupted. `pipeline` is
// stopped (by its owner) afterwards.
Result<int> run_session(const wiring::Topology& topology, LocalPipeline& pipeline,
                        const strategy::Experiment& experiment, const SessionOptions& options);

// The same for a run that is there already, of an experiment on these data.
Result<int> follow_session(const wiring::Topology& topology, LocalPipeline& pipeline,
                           Evolution& evolution, const strategy::DataSettings& data,
                           const SessionOptions& options);

// On stderr: the commands that show and cancel a run that goes on by itself.
void say_how_to_see(const wiring::Topology& topology, const std::string& run);

inline constexpr int kNoFeasibleGenome = 3;

}  // namespace mendel::cli
