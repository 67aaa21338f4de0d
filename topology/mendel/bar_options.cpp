#include "topology/mendel/bar_options.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include "shared/config/value.hpp"
#include "topology/mendel/experiment_file.hpp"

namespace mendel::cli {
namespace {

Result<std::vector<BarFile>> pair_files(const config::Arguments& arguments,
                                        const std::string& command,
                                        const strategy::Experiment& experiment) {
  const std::vector<std::string>& paths = arguments.all("csv");
  const std::vector<std::string>& symbols = experiment.data.symbols;
  if (paths.size() != symbols.size()) {
    return configuration_error(
        fmt::format("{}: {} --csv for {} symbols ({}); give one --csv and one --symbol for each",
                    command, paths.size(), symbols.size(), fmt::join(symbols, ", ")));
  }
  const std::vector<std::string>& volumes = arguments.all("volume");
  if (volumes.size() > 1 && volumes.size() != paths.size()) {
    return configuration_error(
        fmt::format("{}: {} --volume for {} files; give one for all, or one for each", command,
                    volumes.size(), paths.size()));
  }
  std::vector<BarFile> files;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string volume = volumes.empty() ? "" : volumes[volumes.size() == 1 ? 0 : i];
    files.push_back({paths[i], symbols[i], volume});
  }
  return files;
}

}  // namespace

std::vector<config::OptionSpec> bar_options() {
  return {{"csv", "file", "bars; once per symbol, in the order of --symbol", "", true},
          {"symbol", "name", "replaces the experiment's symbols", "", true},
          {"timeframe", "t", "replaces the experiment's timeframe: 5m, 1h, 1d"},
          {"tz", "zone", "zone of times without an offset [UTC]"},
          {"stamp", "open|close", "what a time names [open]"},
          {"volume", "column", "the volume column, where there are several", "", true}};
}

Result<strategy::Experiment> read_tested_experiment(const config::Arguments& arguments,
                                                    const std::string& file) {
  strategy::Overrides overrides;
  if (const auto& symbols = arguments.all("symbol"); !symbols.empty()) {
    config::Value list = config::Value::array();
    for (const std::string& symbol : symbols) list.push(symbol);
    overrides.push_back({"data.symbols", config::to_json(list), "--symbol"});
  }
  if (arguments.has("timeframe")) {
    overrides.push_back(
        {"data.timeframe", config::to_json(arguments.text("timeframe")), "--timeframe"});
  }
  return read_experiment_file(file, overrides);
}

Result<BarFiles> read_bars(const config::Arguments& arguments, const std::string& command,
                           const strategy::Experiment& experiment) {
  const auto files = pair_files(arguments, command, experiment);
  if (!files) return files.error();
  return read_bar_files(experiment, *files, {arguments.text("tz"), arguments.text("stamp")});
}

}  // namespace mendel::cli
