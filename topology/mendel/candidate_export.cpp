#include "topology/mendel/candidate_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::cli {
namespace {

constexpr market::Window kWindows[] = {market::Window::in_sample, market::Window::out_of_sample};

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

// Shortest text that reads back as the same number.
std::string csv_value(const config::Value* value) {
  if (value == nullptr || value->is_null()) return "";
  return csv_cell(value->is_text() ? value->as_text() : config::to_json(*value));
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) line += (line.empty() ? "" : ",") + cell;
  return line + "\n";
}

bool has_front(const RecordedRun& run) { return run.experiment.search.objectives.size() > 1; }

config::Value front_of(const RecordedCandidate& candidate) {
  return candidate.front ? config::Value(*candidate.front) : config::Value();
}

bool has_holdout(const RecordedRun& run) { return run.experiment.data.out_of_sample.has_value(); }

// "fast = { int = [2, 30], step = 1 }" with the value before its last brace.
std::string with_value(std::string_view line, const config::Value& value) {
  check(line.ends_with(" }"), "the canonical text of a gene is an inline table");
  return fmt::format("{}, value = {} }}", line.substr(0, line.size() - 2), config::to_json(value));
}

}  // namespace

std::string candidate_toml(const RecordedRun& run, const RecordedCandidate& candidate) {
  const auto& genes = run.experiment.genes;
  std::string text = fmt::format(
      "# Candidate {} of run {}, strategy_id {}.\n# Each gene has its value; the ranges stay, "
      "because the warm-up depends on them.\n",
      candidate.rank, run.run, candidate.strategy_id);
  std::string_view rest = run.experiment.canonical_text;
  bool in_genes = false;
  std::size_t gene = 0;  // the text has them in their order
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.starts_with('[')) in_genes = line == "[genes]";
    const bool is_gene =
        in_genes && gene < genes.size() && line.starts_with(genes[gene].name + " = ");
    text +=
        is_gene ? with_value(line, genes[gene].meaning(candidate.genome[gene])) : std::string(line);
    text += '\n';
    gene += is_gene ? 1 : 0;
  }
  check(gene == genes.size(), "the canonical text has every gene");
  return text;
}

std::string candidates_csv(const RecordedRun& run,
                           const std::vector<RecordedCandidate>& candidates) {
  std::vector<std::string> cells = {"rank", "strategy_id"};
  if (has_front(run)) cells.emplace_back("front");
  for (const strategy::Gene& gene : run.experiment.genes) cells.push_back(gene.name);
  for (const market::Window window : kWindows)
    for (const std::string_view metric : market::kMetricNames)
      if (window == market::Window::in_sample || has_holdout(run))
        cells.push_back(fmt::format("{}_{}", market::window_name(window), metric));
  std::string text = csv_line(cells);
  for (const RecordedCandidate& candidate : candidates) {
    cells = {std::to_string(candidate.rank), candidate.strategy_id};
    const config::Value front = front_of(candidate);
    if (has_front(run)) cells.push_back(csv_value(&front));
    const config::Value genes = strategy::to_value(run.experiment.genes, candidate.genome);
    for (const auto& [name, value] : genes.entries()) cells.push_back(csv_value(&value));
    for (const market::Window window : kWindows)
      for (const std::string_view metric : market::kMetricNames)
        if (window == market::Window::in_sample || has_holdout(run))
          cells.push_back(csv_value(candidate.metrics(window).find(metric)));
    text += csv_line(cells);
  }
  return text;
}

config::Value candidates_value(const RecordedRun& run,
                               const std::vector<RecordedCandidate>& candidates) {
  config::Value document;
  document.set("run", run.run);
  document.set("name", run.name);
  document.set("experiment_digest", run.experiment.digest.hex());
  document.set("dataset", run.dataset_id.hex());
  config::Value rows = config::Value::array();
  for (const RecordedCandidate& candidate : candidates) {
    config::Value row;
    row.set("rank", candidate.rank);
    row.set("strategy_id", candidate.strategy_id);
    if (has_front(run)) row.set("front", front_of(candidate));
    row.set("genes", strategy::to_value(run.experiment.genes, candidate.genome));
    row.set("in_sample", candidate.in_sample);
    if (has_holdout(run)) row.set("out_of_sample", candidate.out_of_sample);
    rows.push(std::move(row));
  }
  document.set("candidates", std::move(rows));
  return document;
}

}  // namespace mendel::cli
