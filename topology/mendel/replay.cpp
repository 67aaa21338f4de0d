#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "shared/base/version.hpp"
#include "shared/store/dataset_file.hpp"
#include "shared/store/store.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/dispatcher_access.hpp"
#include "topology/mendel/leaderboard_table.hpp"
#include "topology/mendel/recorded_run.hpp"
#include "topology/mendel/replayed.hpp"
#include "topology/mendel/stored_candidate.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

struct Replay {
  RecordedRun run;
  RecordedCandidate candidate;
  std::vector<ReplayedWindow> windows;

  bool equal() const {
    for (const ReplayedWindow& window : windows)
      if (!window.differences.empty()) return false;
    return true;
  }
};

// On the leaderboard, or else in the database.
Result<RecordedCandidate> find(const config::Arguments& arguments, const wiring::Topology& topology,
                               const RecordedRun& run, const std::string& word) {
  Result<RecordedCandidate> named = candidate_named(run, word);
  if (named || !is_strategy_id(word)) return named;
  Result<DatabaseAccess> access = DatabaseAccess::open(arguments, topology, "mendel replay");
  if (!access) return access.error();
  return stored_candidate(access->dsn(), run, word);
}

// From the store alone: the published experiment and the dataset, by their hashes.
Status compute(const wiring::Topology& topology, Replay& replayed) {
  const Result<store::Store> store = store::Store::open_to_read(topology.store());
  if (!store) return store.error();
  const Result<std::string> text = store->read_experiment(replayed.run.experiment.digest);
  if (!text) return text.error();
  Result<strategy::Experiment> experiment =
      strategy::read_experiment(*text, replayed.run.experiment.digest.hex() + ".toml");
  if (!experiment) return experiment.error();
  const Result<store::MappedDataset> dataset = store::MappedDataset::open(
      store->dataset_path(replayed.run.dataset_id), replayed.run.dataset_id);
  if (!dataset) return dataset.error();
  const Result<backtest::Engine> engine =
      backtest::Engine::prepare(std::move(*experiment), dataset->series());
  if (!engine) return engine.error();
  Result<std::vector<ReplayedWindow>> windows = replay(*engine, replayed.candidate);
  if (!windows) return windows.error();
  replayed.windows = std::move(*windows);
  return {};
}

bool differs(const ReplayedWindow& window, std::string_view by) {
  for (const Difference& one : window.differences)
    if (one.by == by) return true;
  return false;
}

std::string plain_verdict(const ReplayedWindow& window) {
  if (differs(window, "plain loop")) return "DIFFERS";
  if (window.plain_difference == 0) return "equal to the bit";
  return fmt::format("equal within {:.2g}", window.plain_difference);
}

std::string text_of(const Replay& replayed) {
  const RecordedCandidate& candidate = replayed.candidate;
  const config::Value genes = strategy::to_value(replayed.run.experiment.genes, candidate.genome);
  std::string text = fmt::format(
      "run {} ({}), {}\nstrategy_id {}\ngenes       {}\ndataset     {}\n\n", replayed.run.run,
      config::one_line(replayed.run.name),
      candidate.rank > 0 ? fmt::format("candidate {}", candidate.rank) : "not on the leaderboard",
      candidate.strategy_id, genes_text(genes), replayed.run.dataset_id.hex());
  std::vector<std::vector<std::string>> lines = {{"", "metrics", "kernel", "plain loop"}};
  for (const ReplayedWindow& window : replayed.windows)
    lines.push_back(
        {std::string(market::window_name(window.window)), std::to_string(window.metrics),
         differs(window, "kernel") ? "DIFFERS" : "equal to the bit", plain_verdict(window)});
  text += left_aligned(lines);
  for (const ReplayedWindow& window : replayed.windows)
    for (const Difference& one : window.differences)
      text +=
          fmt::format("{} {}: recorded {}, {} of engine {} {}\n",
                      market::window_name(window.window), one.metric, config::to_json(one.recorded),
                      one.by, kEngineVersion, config::to_json(one.computed));
  return text;
}

config::Value value_of(const Replay& replayed) {
  config::Value document;
  document.set("run", replayed.run.run);
  document.set("rank", replayed.candidate.rank > 0 ? config::Value(replayed.candidate.rank)
                                                   : config::Value());
  document.set("strategy_id", replayed.candidate.strategy_id);
  document.set("genes",
               strategy::to_value(replayed.run.experiment.genes, replayed.candidate.genome));
  document.set("dataset", replayed.run.dataset_id.hex());
  document.set("equal", replayed.equal());
  config::Value windows = config::Value::table();
  for (const ReplayedWindow& window : replayed.windows) {
    config::Value one;
    one.set("metrics", static_cast<std::int64_t>(window.metrics));
    one.set("plain_difference", window.plain_difference);
    config::Value differences = config::Value::array();
    for (const Difference& difference : window.differences) {
      config::Value row;
      row.set("metric", difference.metric);
      row.set("by", difference.by);
      row.set("recorded", difference.recorded);
      row.set("computed", difference.computed);
      differences.push(std::move(row));
    }
    one.set("differences", std::move(differences));
    windows.set(market::window_name(window.window), std::move(one));
  }
  document.set("windows", std::move(windows));
  return document;
}

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const Result<CandidateName> name = split_name(arguments.operands().front());
  if (!name) return name.error();
  Result<DispatcherAccess> dispatcher = DispatcherAccess::open(*topology);
  if (!dispatcher) return dispatcher.error();
  const Result<config::Value> shown = dispatcher->show(name->run);
  if (!shown) return shown.error();
  Result<RecordedRun> recorded = recorded_run(*shown);
  if (!recorded) return recorded.error();
  Result<RecordedCandidate> candidate = find(arguments, *topology, *recorded, name->candidate);
  if (!candidate) return candidate.error();
  Replay replayed{std::move(*recorded), std::move(*candidate), {}};
  if (Status computed = compute(*topology, replayed); !computed) return computed.error();
  if (arguments.flag("json"))
    fmt::print("{}\n", config::to_json(value_of(replayed), 2));
  else
    fmt::print("{}", text_of(replayed));
  return replayed.equal() ? 0 : 1;
}

}  // namespace

Command replay_command() {
  Command command;
  command.spec.name = "mendel replay";
  command.spec.summary = "compute a recorded candidate again and compare to the bit";
  command.spec.operands = {"RUN[/CANDIDATE]"};
  command.spec.options = {{"json", "", "print one JSON document"}, database_option()};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel replay sp500_trend", "mendel replay 01M80ZV8/3 --json"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
