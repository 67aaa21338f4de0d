// ExperimentFile: an experiment as a command line names it, and what people hand over in its place.
// Threads: the main thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::cli {

// Reads an experiment file with these overrides: its errors come before anything is started. A file
// of bars, and an override that names a gene, are said to be that.
Result<strategy::Experiment> read_experiment_file(const std::string& path,
                                                  const strategy::Overrides& overrides);

// The canonical text of the experiment without its out-of-sample window.
std::string without_out_of_sample(const strategy::Experiment& experiment);

// Whether this is CSV with as many columns as bars have, and no TOML.
bool looks_like_bars(std::string_view text);

// A genome from --set name=value words of `mendel backtest`; keys of the experiment are said to be
// none of its genes.
Result<strategy::Genome> genome_of_words(const strategy::Experiment& experiment,
                                         const std::vector<std::string>& words);

}  // namespace mendel::cli
