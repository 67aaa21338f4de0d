// BarFiles: bars straight from CSV files, cut like every dataset, for a backtest that needs no
// pipeline.
// Threads: the main thread.
#pragma once

#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/market/bar.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::cli {

struct BarFile {
  std::string path;
  std::string symbol;
  std::string volume;  // the volume column; "" = the only one
};

// How the files are read; as `mendel ingest` does.
struct BarFileOptions {
  std::string tz;
  std::string stamp;
};

struct BarFiles {
  std::vector<market::Series> series;  // in the order of the files
  std::vector<std::string> notes;      // what was refused or is missing
};

// Reads one file per symbol of the experiment, each cut to W bars before the earliest window until
// the end of the last one. Errors (configuration) name file and option.
Result<BarFiles> read_bar_files(const strategy::Experiment& experiment,
                                const std::vector<BarFile>& files, const BarFileOptions& options);

// The cut itself; requires ascending bars.
market::Series cut_series(const strategy::Experiment& experiment, std::string symbol,
                          const std::vector<market::Bar>& bars);

}  // namespace mendel::cli
