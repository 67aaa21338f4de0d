// Fork: a new run that starts from the genomes of another one, with an experiment that may differ.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::cli {

struct Fork {
  strategy::Experiment experiment;  // with search.start
  std::size_t taken = 0;
  std::size_t left_out = 0;  // outside of the new ranges, against a constraint, or too many
};

// The experiment of `run` with what --set changes. Error (configuration): what is wrong with that;
// where a setting of the run fits a changed one no more, also what to add.
Result<strategy::Experiment> changed_experiment(const strategy::Experiment& submitted,
                                                const std::string& run,
                                                const strategy::Overrides& overrides);

// `meant` with the other run's genomes (an array of tables of gene and value) in its first
// generation. Whatever else differs is taken from `meant`: what is known of a genome is asked of
// the score log by its key, so that nothing is scored twice and nothing stale is used. Errors
// (configuration): other genes; no genome that fits.
Result<Fork> fork_of(const strategy::Experiment& submitted, const strategy::Experiment& meant,
                     const config::Value& genomes);

}  // namespace mendel::cli
