// Verdict: is the pick more than luck? Six tests of what the search found, each with its threshold
// and what it means in words, and the word that comes of them (docs/verdict.md).
// Threads: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/config/value.hpp"
#include "shared/statistics/overfitting.hpp"
#include "shared/statistics/sharpe.hpp"

namespace mendel::ga_dispatcher {

// The thresholds. Confidence counts for the deflated Sharpe ratio and the track record.
inline constexpr double kConfidence = 0.95;
inline constexpr double kOverfittingMost = 0.2;
inline constexpr double kHoldoutShare = 0.5;
inline constexpr double kNeighbourShare = 0.5;
// One failing test is a doubt, two are too many.
inline constexpr std::size_t kWeakFailuresMax = 1;

// A probability of overfitting among fewer strategies than these says nothing.
inline constexpr std::size_t kOverfittingStrategiesMin = 10;

// Strategies to choose from, and how often the best of one half of history disappoints in the other
// (nullopt: too few of them, or too few days).
struct Choice {
  std::size_t strategies = 0;
  std::optional<statistics::Overfitting> overfitting;
};

// What is known of the pick; nullopt where it is undefined.
struct Findings {
  // Daily in-sample returns of the pick, per day.
  std::optional<statistics::ReturnMoments> moments;
  std::int64_t days = 0;
  std::int64_t trials = 1;                // distinct genomes tried on this data, by all runs
  std::optional<double> sharpe_variance;  // over the uniform sample, per day
  std::size_t uniform_sample = 0;
  // Of the genomes with daily returns: those drawn from the genes' ranges, those of the search, and
  // both together.
  Choice uniform;
  Choice bred;
  Choice both;
  bool has_holdout = false;
  std::optional<double> in_sample_sharpe;  // annualised, as in the leaderboard
  std::optional<double> out_of_sample_sharpe;
  // In sample.
  std::optional<double> return_at_no_costs;
  std::optional<double> return_at_costs;
  std::optional<double> return_at_double_costs;
  // The first objective.
  std::string objective;
  bool maximise = true;
  std::optional<double> best;
  std::optional<double> median_neighbour;
  std::size_t neighbours = 0;
};

// {"verdict": "reject" | "weak" | "plausible", "why": …, "tests": [{name, value, comparison,
// threshold, passed, meaning}], "numbers": {name: number or null}}. A test whose value is undefined
// is not passed.
config::Value judge(const Findings& findings);

// The same document for a run that gets no verdict, and why: {"verdict": word, "why": …,
// "tests": [], "numbers": {}}.
config::Value no_verdict(const std::string& word, const std::string& why);

// What half as good as `best` is: half of a gain, twice a loss.
double half_as_good(double best, bool maximise);

}  // namespace mendel::ga_dispatcher
