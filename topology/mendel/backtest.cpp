#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shared/backtest/engine.hpp"
#include "shared/backtest/report.hpp"
#include "shared/config/value.hpp"
#include "shared/strategy/experiment.hpp"
#include "topology/mendel/backtest_table.hpp"
#include "topology/mendel/bar_files.hpp"
#include "topology/mendel/command.hpp"

namespace mendel::cli {
namespace {

using config::Value;
using strategy::Experiment;

// The experiment with the symbols and the timeframe of the command line in place of its own.
Result<Experiment> read_experiment(const config::Arguments& arguments) {
  const std::string& file = arguments.operands().front();
  auto text = config::read_text_file(file);
  if (!text) return text.error();
  strategy::Overrides overrides;
  if (const auto& symbols = arguments.all("symbol"); !symbols.empty()) {
    Value list = Value::array();
    for (const std::string& symbol : symbols) list.push(symbol);
    overrides.push_back({"data.symbols", config::to_json(list), "--symbol"});
  }
  if (arguments.has("timeframe")) {
    overrides.push_back(
        {"data.timeframe", config::to_json(arguments.text("timeframe")), "--timeframe"});
  }
  return strategy::read_experiment(*text, file, overrides);
}

Result<std::vector<BarFile>> pair_files(const config::Arguments& arguments,
                                        const Experiment& experiment) {
  const std::vector<std::string>& paths = arguments.all("csv");
  const std::vector<std::string>& symbols = experiment.data.symbols;
  if (paths.size() != symbols.size()) {
    return configuration_error(fmt::format(
        "mendel backtest: {} --csv for {} symbols ({}); give one --csv and one --symbol for each",
        paths.size(), symbols.size(), fmt::join(symbols, ", ")));
  }
  const std::vector<std::string>& volumes = arguments.all("volume");
  if (volumes.size() > 1 && volumes.size() != paths.size()) {
    return configuration_error(
        fmt::format("mendel backtest: {} --volume for {} files; give one for all, or one for each",
                    volumes.size(), paths.size()));
  }
  std::vector<BarFile> files;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string volume = volumes.empty() ? "" : volumes[volumes.size() == 1 ? 0 : i];
    files.push_back({paths[i], symbols[i], volume});
  }
  return files;
}

// The same candidate when trading costs nothing, what the experiment says, and twice that.
Value at_costs(const backtest::Engine& engine, const strategy::Genome& genome) {
  const std::uint8_t windows = engine.experiment().windows();
  Value value = Value::table();
  for (const int factor : {0, 1, 2}) {
    const backtest::Outcome outcome = engine.evaluate_at_costs(genome, windows, false, factor);
    value.set(fmt::format("{}x", factor), backtest::windows_value(outcome, false));
  }
  return value;
}

Result<Value> document_of(const backtest::Engine& engine, const strategy::Genome& genome,
                          bool trades) {
  const Experiment& experiment = engine.experiment();
  const backtest::Outcome outcome = engine.evaluate(genome, experiment.windows(), trades);
  if (!outcome.invalid.empty()) {
    return configuration_error("mendel backtest: " + outcome.invalid);
  }
  Value document = Value::table();
  document.set("genes", strategy::to_value(experiment.genes, genome));
  const Value windows = backtest::windows_value(outcome, trades);
  for (const auto& [name, window] : windows.entries()) document.set(name, window);
  const backtest::Outcome held = engine.evaluate({}, experiment.windows(), false);
  document.set("buy_and_hold", backtest::windows_value(held, false));
  document.set("costs", at_costs(engine, genome));
  return document;
}

Result<int> run(const config::Arguments& arguments) {
  auto experiment = read_experiment(arguments);
  if (!experiment) return experiment.error();
  const auto genome = strategy::genome_from_words(*experiment, arguments.all("set"));
  if (!genome) return genome.error();
  const auto files = pair_files(arguments, *experiment);
  if (!files) return files.error();
  const auto bars =
      read_bar_files(*experiment, *files, {arguments.text("tz"), arguments.text("stamp")});
  if (!bars) return bars.error();
  std::vector<market::SeriesView> series;
  for (const market::Series& one : bars->series) series.push_back(one.view());
  const auto engine = backtest::Engine::prepare(std::move(*experiment), std::move(series));
  if (!engine) return engine.error();
  auto document = document_of(*engine, *genome, arguments.flag("trades"));
  if (!document) return document.error();
  Value notes = Value::array();
  for (const std::string& note : bars->notes) notes.push(note);
  for (const std::string& note : engine->notes()) notes.push(note);
  document->set("notes", std::move(notes));
  if (arguments.flag("json")) {
    fmt::print("{}\n", config::to_json(*document, 2));
  } else {
    fmt::print("{}", backtest_text(*document));
  }
  return 0;
}

}  // namespace

Command backtest_command() {
  Command command;
  command.spec.name = "mendel backtest";
  command.spec.summary = "backtest one candidate on bars from CSV files, with no other process";
  command.spec.operands = {"FILE"};
  command.spec.options = {
      {"csv", "file", "bars; once per symbol, in the order of --symbol", "", true},
      {"symbol", "name", "replaces the experiment's symbols", "", true},
      {"timeframe", "t", "replaces the experiment's timeframe: 5m, 1h, 1d"},
      {"set", "gene=value", "value of a gene; once per gene", "", true},
      {"json", "", "print one JSON document"},
      {"trades", "", "list the trades too"},
      {"tz", "zone", "zone of times without an offset [UTC]"},
      {"stamp", "open|close", "what a time names [open]"},
      {"volume", "column", "the volume column, where there are several", "", true}};
  command.spec.examples = {
      "mendel backtest trend.toml --csv btc.csv --symbol BTC-USD --set fast=10 --set slow=50",
      "mendel backtest trend.toml --csv btc.csv --symbol BTC-USD --set fast=10 --set slow=50 "
      "--json --trades"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
