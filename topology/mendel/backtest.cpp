#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shared/backtest/engine.hpp"
#include "shared/backtest/report.hpp"
#include "shared/config/value.hpp"
#include "shared/strategy/experiment.hpp"
#include "topology/mendel/backtest_table.hpp"
#include "topology/mendel/bar_options.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/experiment_file.hpp"

namespace mendel::cli {
namespace {

using config::Value;
using strategy::Experiment;

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
  auto experiment = read_tested_experiment(arguments, arguments.operands().front());
  if (!experiment) return experiment.error();
  const auto genome = genome_of_words(*experiment, arguments.all("set"));
  if (!genome) return genome.error();
  const auto bars = read_bars(arguments, "mendel backtest", *experiment);
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
  command.spec.options = bar_options();
  for (const config::OptionSpec& option : std::vector<config::OptionSpec>{
           {"set", "gene=value", "value of a gene; once per gene", "", true},
           {"json", "", "print one JSON document"},
           {"trades", "", "list the trades too"}}) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {
      "mendel backtest trend.toml --csv btc.csv --symbol BTC-USD --set fast=10 --set slow=50",
      "mendel backtest trend.toml --csv btc.csv --symbol BTC-USD --set fast=10 --set slow=50 "
      "--json --trades"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
