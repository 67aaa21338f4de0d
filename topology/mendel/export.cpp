#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "topology/mendel/candidate_export.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/dispatcher_access.hpp"
#include "topology/mendel/recorded_run.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kBestMax = 1'000'000;

// The named one, else the best N, else all that were reported; of TOML the pick.
Result<std::vector<RecordedCandidate>> chosen(const config::Arguments& arguments,
                                              const RecordedRun& run,
                                              const std::string& candidate) {
  const bool toml = arguments.text("format") == "toml";
  if (!candidate.empty() && arguments.has("best"))
    return configuration_error("--best: RUN/CANDIDATE names one already; leave one of them out");
  if (!candidate.empty() || (toml && !arguments.has("best"))) {
    const Result<RecordedCandidate> one = candidate_named(run, candidate);
    if (!one) return one.error();
    return std::vector<RecordedCandidate>{*one};
  }
  std::vector<RecordedCandidate> all = run.candidates;
  if (!arguments.has("best")) return all;
  const Result<std::int64_t> best = arguments.integer("best", 1, kBestMax);
  if (!best) return best.error();
  if (toml && *best > 1)
    return configuration_error(
        fmt::format("--best {}: an experiment file holds one candidate; name each, as in "
                    "'mendel export {}/2 --format toml'",
                    *best, run.run));
  if (static_cast<std::size_t>(*best) > all.size())
    fmt::print(stderr, "run {} reported {} candidates; search.report_best keeps more\n", run.run,
               all.size());
  all.resize(std::min(all.size(), static_cast<std::size_t>(*best)));
  return all;
}

Result<int> run(const config::Arguments& arguments) {
  const std::string format = arguments.text("format");
  if (const std::vector<std::string> known = {"toml", "json", "csv"};
      std::find(known.begin(), known.end(), format) == known.end())
    return configuration_error(
        fmt::format("--format {}{}", format, config::suggestion(format, known)));
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const Result<CandidateName> name = split_name(arguments.operands().front());
  if (!name) return name.error();
  Result<DispatcherAccess> dispatcher = DispatcherAccess::open(*topology);
  if (!dispatcher) return dispatcher.error();
  const Result<config::Value> shown = dispatcher->show(name->run);
  if (!shown) return shown.error();
  const Result<RecordedRun> recorded = recorded_run(*shown);
  if (!recorded) return recorded.error();
  const auto candidates = chosen(arguments, *recorded, name->candidate);
  if (!candidates) return candidates.error();
  if (format == "csv") {
    fmt::print("{}", candidates_csv(*recorded, *candidates));
  } else if (format == "json") {
    fmt::print("{}\n", config::to_json(candidates_value(*recorded, *candidates), 2));
  } else if (candidates->empty()) {
    return candidate_named(*recorded, "").error();
  } else {
    fmt::print("{}", candidate_toml(*recorded, candidates->front()));
  }
  return 0;
}

}  // namespace

Command export_command() {
  Command command;
  command.spec.name = "mendel export";
  command.spec.summary = "print a run's best candidates for other tools, or one for a backtest";
  command.spec.operands = {"RUN[/CANDIDATE]"};
  command.spec.options = {
      {"format", "toml|json|csv",
       "toml: the experiment with the candidate's genes, for 'mendel backtest'", "toml"},
      {"best", "n", "the n best instead of all that the run reported (of toml: the best)"}};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel export sp500_trend --format csv",
                           "mendel export sp500_trend/3 --format toml > third.toml"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
