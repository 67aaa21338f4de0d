#include "topology/mendel/recorded_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "topology/mendel/run_list.hpp"

namespace mendel::cli {
namespace {

config::Value part(const config::Value& value, std::string_view key) {
  const config::Value* found = value.find(key);
  return found == nullptr ? config::Value() : *found;
}

constexpr std::uint8_t bit(market::Window window) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(window));
}

// The key of buy-and-hold says which engine scored the run, and that experiment and dataset are
// its.
Status check_engine(const RecordedRun& run, const config::Value& report) {
  const std::string recorded = text_of(part(report, "buy_and_hold"), "strategy_id");
  const Digest own =
      strategy::evaluation_key(run.dataset_id, run.experiment, {}, run.experiment.windows());
  if (recorded == own.hex()) return {};
  return configuration_error(
      fmt::format("run {} was scored by another engine version, whose bits this one does not "
                  "promise; 'mendel evolve' its experiment anew",
                  run.run));
}

}  // namespace

Result<strategy::Genome> genome_of(const strategy::Experiment& experiment,
                                   const config::Value& genes) {
  strategy::Genome genome;
  for (const strategy::Gene& gene : experiment.genes) {
    const std::optional<double> entry = gene.entry_of(part(genes, gene.name));
    if (!entry)
      return operator_error(fmt::format("recorded genes {}: gene '{}' is none of this experiment's",
                                        config::to_json(genes), gene.name));
    genome.push_back(*entry);
  }
  return genome;
}

Digest key_of(const RecordedRun& run, const strategy::Genome& genome, market::Window window) {
  return strategy::evaluation_key(run.dataset_id, run.experiment, genome, bit(window));
}

Result<RecordedRun> recorded_run(const config::Value& shown) {
  const config::Value report = part(shown, "report");
  const std::string run = text_of(shown, "run");
  const std::string state = text_of(shown, "state");
  if (!report.is_table())
    return configuration_error(
        fmt::format("run {} is {}: only a finished run has a report; 'mendel runs' shows which are",
                    run, state));
  Result<strategy::Experiment> experiment =
      strategy::read_experiment(text_of(shown, "experiment_toml"), "run " + run);
  if (!experiment) return experiment.error();
  const auto dataset = Digest::from_hex(text_of(report, "dataset"));
  if (!dataset) return operator_error(fmt::format("run {}: its report names no dataset", run));
  RecordedRun recorded{run, text_of(shown, "name"), std::move(*experiment), *dataset, {}};
  if (Status engine = check_engine(recorded, report); !engine) return engine.error();
  const config::Value leaderboard = part(report, "leaderboard");
  if (!leaderboard.is_array()) return recorded;
  for (const config::Value& row : leaderboard.items()) {
    Result<strategy::Genome> genome = genome_of(recorded.experiment, part(row, "genes"));
    if (!genome) return genome.error();
    RecordedCandidate candidate;
    candidate.rank = static_cast<std::int64_t>(recorded.candidates.size() + 1);
    candidate.strategy_id = key_of(recorded, *genome, market::Window::in_sample).hex();
    candidate.genome = std::move(*genome);
    if (const config::Value* front = row.find("front"); front && front->is_bool())
      candidate.front = front->as_bool();
    candidate.in_sample = part(row, "in_sample");
    candidate.out_of_sample = part(row, "out_of_sample");
    recorded.candidates.push_back(std::move(candidate));
  }
  return recorded;
}

Result<CandidateName> split_name(const std::string& word) {
  const std::size_t slash = word.rfind('/');
  if (slash == std::string::npos) return CandidateName{word, ""};
  if (slash + 1 == word.size())
    return configuration_error(fmt::format(
        "{}: no candidate behind the '/'; leave the '/' out for the run's pick, or name another by "
        "its rank, as in {}2",
        word, word));
  return CandidateName{word.substr(0, slash), word.substr(slash + 1)};
}

bool is_strategy_id(std::string_view word) {
  return word.size() >= kIdBytesMin && std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Result<RecordedCandidate> candidate_named(const RecordedRun& run, const std::string& word) {
  if (run.candidates.empty())
    return configuration_error(
        fmt::format("run {} has no candidate: no genome was feasible", run.run));
  if (word.empty()) return run.candidates.front();
  const bool by_id = is_strategy_id(word);
  std::vector<const RecordedCandidate*> meant;
  for (const RecordedCandidate& candidate : run.candidates) {
    const bool is_it =
        by_id ? candidate.strategy_id.starts_with(word) : std::to_string(candidate.rank) == word;
    if (is_it) meant.push_back(&candidate);
  }
  if (meant.size() == 1) return *meant.front();
  return configuration_error(fmt::format(
      "run {} has {} candidate '{}'; name one by its rank, 1 to {}, or by the first {} or more "
      "digits of its strategy_id",
      run.run, meant.empty() ? "no" : "more than one", word, run.candidates.size(), kIdBytesMin));
}

}  // namespace mendel::cli
