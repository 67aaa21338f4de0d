// RecordedRun: a finished run as it was recorded: its experiment, its dataset, and the candidates
// of its report with their metrics. Threads: pure functions, plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/market/metrics.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::cli {

struct RecordedCandidate {
  std::int64_t rank = 0;  // 1 = the pick, as the leaderboard counts; 0 = it is not on it
  strategy::Genome genome;
  std::string strategy_id;    // its evaluation key in sample
  std::optional<bool> front;  // whether it is on the front; with several objectives
  // Metrics of the portfolio by window; without the windows that were not scored.
  config::Value in_sample;
  config::Value out_of_sample;

  const config::Value& metrics(market::Window window) const {
    return window == market::Window::in_sample ? in_sample : out_of_sample;
  }
};

struct RecordedRun {
  std::string run;
  std::string name;
  strategy::Experiment experiment;
  Digest dataset_id;
  std::vector<RecordedCandidate> candidates;  // of the leaderboard, in its order
};

// From ga_dispatcher's answer to "show". Errors (configuration): it has not finished; it was scored
// by another engine version, whose bits this one does not promise.
Result<RecordedRun> recorded_run(const config::Value& shown);

// The genome of {"fast": 10, …}. Error (operator needed): it is none of this experiment.
Result<strategy::Genome> genome_of(const strategy::Experiment& experiment,
                                   const config::Value& genes);

// The key of the genome's score in one window, by which the store and the database know it.
Digest key_of(const RecordedRun& run, const strategy::Genome& genome, market::Window window);

// "RUN/CANDIDATE" as people type it; the candidate may be absent (""), but not behind a '/'.
struct CandidateName {
  std::string run;
  std::string candidate;
};
Result<CandidateName> split_name(const std::string& word);

// Shorter beginnings of a strategy id are taken for ranks.
inline constexpr std::size_t kIdBytesMin = 6;
// Whether the word is the beginning of a strategy id (and no rank).
bool is_strategy_id(std::string_view word);

// The candidate of the leaderboard that `word` names: its rank, or the beginning of its strategy
// id;
// "" = the pick. Error (configuration): there is none, or several.
Result<RecordedCandidate> candidate_named(const RecordedRun& run, const std::string& word);

}  // namespace mendel::cli
