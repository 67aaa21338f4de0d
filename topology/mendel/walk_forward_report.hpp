// WalkForwardReport: what the folds of a walk-forward say together.
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "shared/config/value.hpp"
#include "shared/strategy/experiment.hpp"
#include "topology/mendel/folds.hpp"

namespace mendel::cli {

struct FoldResult {
  Fold fold;
  config::Value report;  // of its run
};

// {folds: [{in_sample, out_of_sample, run, verdict, genes, in_sample_return, out_of_sample_return,
// equity}], total_return, profitable_share, efficiency, in_sample_annual, out_of_sample_annual,
// drift: {gene: share}, next: {in_sample, run, genes}}.
//   equity      the joined curve: out-of-sample returns compounded, from 1; a fold without a
//   feasible
//               genome does not trade
//   efficiency  out_of_sample_annual / in_sample_annual, each the compounded returns of its windows
//               over their calendar days as a year's; null unless the latter is above 0
//   drift       mean change from fold to fold: of a number as a share of its range, of a choice the
//               share of folds that choose another
config::Value walk_forward_value(const strategy::Experiment& experiment,
                                 const std::vector<FoldResult>& folds, const FoldResult& next);

std::string walk_forward_text(const config::Value& value);

}  // namespace mendel::cli
