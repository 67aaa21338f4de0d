#include "topology/mendel/stored_candidate.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include "shared/database/connection.hpp"
#include "shared/market/metrics.hpp"
#include "topology/mendel/interrupt.hpp"

namespace mendel::cli {
namespace {

constexpr const char* kFind =
    "SELECT DISTINCT strategy_id, genes::text FROM mendel.candidates "
    "WHERE run = $1 AND starts_with(strategy_id, $2) LIMIT 2";

// The columns of the metrics, in their order, and why some are NULL.
std::string metrics_query() {
  std::string columns;
  for (const std::string_view name : market::kMetricNames) columns += fmt::format("{}, ", name);
  return fmt::format(
      "SELECT {}undefined::text FROM mendel.strategy_metrics WHERE strategy_id = $1 AND "
      "window_name = 'in_sample' AND symbol = 'portfolio' ORDER BY \"timestamp\" LIMIT 1",
      columns);
}

// The database holds the numbers of a genome: of a choice, its index.
Result<strategy::Genome> genome_of_numbers(const strategy::Experiment& experiment,
                                           std::string_view text) {
  const Result<config::Value> genes = config::parse_json(text, "mendel.candidates");
  if (!genes) return genes.error();
  strategy::Genome genome;
  for (const strategy::Gene& gene : experiment.genes) {
    const config::Value* number = genes->find(gene.name);
    if (number != nullptr && number->is_number()) genome.push_back(number->as_number());
  }
  if (strategy::belongs(experiment, genome)) return genome;
  return operator_error(
      fmt::format("mendel.candidates: genes {} are none of the run's experiment", text));
}

config::Value metrics_of(const database::Rows& rows) {
  config::Value metrics = config::Value::table();
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    const bool defined = rows.field(0, i).has_value();
    metrics.set(market::kMetricNames[i],
                defined ? config::Value(rows.number(0, i)) : config::Value());
  }
  auto undefined = config::parse_json(rows.text(0, market::kMetricCount), "undefined");
  if (undefined && undefined->is_table()) metrics.set("undefined", std::move(*undefined));
  return metrics;
}

}  // namespace

Result<RecordedCandidate> stored_candidate(const database::Dsn& dsn, const RecordedRun& run,
                                           const std::string& id) {
  Result<database::Connection> connection =
      database::Connection::open(dsn, {"mendel", [] { return interrupts() > 0; }});
  if (!connection) return connection.error();
  const Result<database::Rows> found = connection->exec(kFind, {run.run, id});
  if (!found) return found.error();
  if (found->size() != 1)
    return configuration_error(
        fmt::format("run {} has {} candidate whose strategy_id begins with '{}'; the column "
                    "strategy_id of mendel.candidates has them all",
                    run.run, found->empty() ? "no" : "more than one", id));
  RecordedCandidate candidate;
  candidate.strategy_id = found->text(0, 0);
  Result<strategy::Genome> genome = genome_of_numbers(run.experiment, found->text(0, 1));
  if (!genome) return genome.error();
  candidate.genome = std::move(*genome);
  if (key_of(run, candidate.genome, market::Window::in_sample).hex() != candidate.strategy_id)
    return operator_error(
        fmt::format("candidate {}: its genes have another strategy_id", candidate.strategy_id));
  const Result<database::Rows> metrics = connection->exec(metrics_query(), {candidate.strategy_id});
  if (!metrics) return metrics.error();
  if (metrics->empty())
    return configuration_error(fmt::format(
        "candidate {} was not scored; mendel.candidates says why", candidate.strategy_id));
  candidate.in_sample = metrics_of(*metrics);
  return candidate;
}

}  // namespace mendel::cli
