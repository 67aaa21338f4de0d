// Scoring: what the search knows of one genome: its objectives and limits on the in-sample
// portfolio, and which class of the order it falls into.
// Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/market/metrics.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::genetics {

// The classes of the order, best first. Values are part of digests: frozen.
enum class Validity : std::uint8_t {
  feasible = 0,
  infeasible = 1,  // a limit is missed, or the account was lost
  undefined = 2,   // an objective or a limit's metric is undefined
  invalid = 3,     // the evaluator refused it
};

struct Scoring {
  std::vector<std::optional<double>> objectives;  // in the order of the experiment
  std::vector<std::optional<double>> limits;      // the metrics that the limits bound
  Validity validity = Validity::undefined;
  double violation = 0;  // sum over missed limits of shortfall / |bound|; ruin counts as 1
  bool ruined = false;
  std::string invalid;  // the evaluator's reason

  bool feasible() const { return validity == Validity::feasible; }
};

// A genome and what is known of it.
struct Member {
  strategy::Genome genome;
  Scoring scoring;
};

// The scoring of a genome whose in-sample portfolio metrics are `metrics`. A bound of 0 normalises
// by 1.
Scoring score(const strategy::SearchSettings& search, const market::Metrics& metrics, bool ruined);
// The scoring of a genome that the evaluator refused for `reason`.
Scoring refuse(const strategy::SearchSettings& search, std::string reason);

// Why a genome is not feasible: "trade_count is 12, limit >= 30"; "" when it is.
std::string explain(const strategy::SearchSettings& search, const Scoring& scoring);

// All that keeps a genome from being feasible, for reading: as above, to six digits.
std::vector<std::string> misses(const strategy::SearchSettings& search, const Scoring& scoring);

}  // namespace mendel::genetics
