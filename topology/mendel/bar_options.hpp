// BarOptions: how a command line names an experiment's bars in CSV files (--csv, --symbol, …), for
// commands that need no pipeline.
// Threads: the main thread.
#pragma once

#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/strategy/experiment.hpp"
#include "topology/mendel/bar_files.hpp"

namespace mendel::cli {

std::vector<config::OptionSpec> bar_options();

// The experiment of `file` with the symbols and the timeframe of the command line in place of its
// own.
Result<strategy::Experiment> read_tested_experiment(const config::Arguments& arguments,
                                                    const std::string& file);

// The bars of the --csv files, one for each symbol of the experiment. `command` is named in errors.
Result<BarFiles> read_bars(const config::Arguments& arguments, const std::string& command,
                           const strategy::Experiment& experiment);

}  // namespace mendel::cli
