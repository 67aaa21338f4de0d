// The result tables of the database: the ResultSink behind the drain.
#include "stages/results_writer/tables.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <utility>

#include "shared/base/log.hpp"
#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/database/offsets.hpp"
#include "shared/database/pool.hpp"
#include "shared/database/settings.hpp"
#include "stages/results_writer/rows.hpp"

namespace mendel::results_writer {
namespace {

using database::CopyRow;
using database::Field;
using database::Transaction;

const std::vector<std::string>& metric_columns() {
  static const std::vector<std::string> kColumns = [] {
    std::vector<std::string> names = {"timestamp",  "strategy_id", "run",
                                      "generation", "window_name", "symbol"};
    names.insert(names.end(), market::kMetricNames.begin(), market::kMetricNames.end());
    names.emplace_back("ruined");
    names.emplace_back("undefined");
    return names;
  }();
  return kColumns;
}

const std::vector<std::string> kCandidateColumns = {
    "run", "island", "generation", "slot", "strategy_id", "genes", "rank", "invalid"};

std::string quoted_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "\"" : ", \"") + name + "\"";
  return list;
}

Field text_or_null(const std::string& text) {
  return text.empty() ? Field() : Field(database::clean_text(text));
}
Field digest_or_null(const Digest& digest) { return digest.is_zero() ? Field() : digest.hex(); }

void write_metric(CopyRow& row, market::Metric metric, const market::Metrics& metrics) {
  const std::optional<double> value = metrics.get(metric);
  if (!value) return row.null();
  if (metric != market::Metric::trade_count) return row.number(*value);
  const bool fits = *value >= 0 && *value <= std::numeric_limits<std::int32_t>::max();
  fits ? row.integer(static_cast<std::int64_t>(*value)) : row.null();
}

void write_row(CopyRow& row, const MetricRow& from) {
  row.time(from.born_at_ns);
  row.text(from.strategy_id);
  row.text(from.run);
  row.integer(from.generation);
  row.text(market::window_name(from.score.window));
  row.text(from.score.symbol);
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    write_metric(row, static_cast<market::Metric>(i), from.score.metrics);
  }
  row.boolean(from.ruined);
  const std::string undefined = undefined_json(from.score.metrics);
  undefined.empty() ? row.null() : row.text(undefined);
}

void write_row(CopyRow& row, const CandidateRow& from) {
  row.text(from.run);
  row.integer(from.island);
  row.integer(from.generation);
  row.integer(from.slot);
  row.text(from.strategy_id);
  row.text(from.genes);
  row.integer(from.rank);
  from.invalid.empty() ? row.null() : row.text(from.invalid);
}

// COPY into `<table>_staging`, from there into the table what is not there yet, and empty it again.
template <class Row>
Status load(Transaction& transaction, const std::string& table,
            const std::vector<std::string>& columns, const std::vector<Row>& rows) {
  if (rows.empty()) return {};
  const std::string staging = table + "_staging";
  auto next = rows.begin();
  const auto copied = transaction.copy(staging, columns, [&](CopyRow& row) {
    if (next == rows.end()) return false;
    write_row(row, *next++);
    return true;
  });
  if (!copied) return copied.error();
  const std::string list = quoted_list(columns);
  const auto stored = transaction.exec(
      fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2} ON CONFLICT DO NOTHING; "
                  "DELETE FROM {2}",
                  table, list, staging));
  return stored ? Status{} : Status(stored.error());
}

// Columns that one record leaves open keep what another told; a run that has ended stays ended.
Status store_run(Transaction& transaction, const wire::RunRecord& run) {
  const bool running = run.state == "running";
  const std::string at = database::time_text(run.at_ns);
  const std::string detail = clean_json(run.detail);
  const auto stored = transaction.exec(
      "INSERT INTO mendel.runs AS r (run, name, state, experiment_digest, semantics_digest,"
      " dataset_id, experiment, seed, engine_version, created_at, ended_at, detail) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb) "
      "ON CONFLICT (run) DO UPDATE SET name = coalesce(excluded.name, r.name),"
      " state = CASE WHEN excluded.state = 'running' THEN coalesce(r.state, 'running')"
      "              ELSE excluded.state END,"
      " experiment_digest = coalesce(excluded.experiment_digest, r.experiment_digest),"
      " semantics_digest = coalesce(excluded.semantics_digest, r.semantics_digest),"
      " dataset_id = coalesce(excluded.dataset_id, r.dataset_id),"
      " experiment = coalesce(excluded.experiment, r.experiment),"
      " seed = coalesce(excluded.seed, r.seed),"
      " engine_version = coalesce(excluded.engine_version, r.engine_version),"
      " created_at = coalesce(excluded.created_at, r.created_at),"
      " ended_at = coalesce(excluded.ended_at, r.ended_at),"
      " detail = coalesce(excluded.detail, r.detail)",
      {database::clean_text(run.run), text_or_null(run.name), text_or_null(run.state),
       digest_or_null(run.experiment_digest), digest_or_null(run.semantics_digest),
       digest_or_null(run.dataset_id), text_or_null(run.experiment), fmt::format("{}", run.seed),
       fmt::format("{}", run.engine_version), running ? Field(at) : Field(),
       running ? Field() : Field(at), text_or_null(detail)});
  return stored ? Status{} : Status(stored.error());
}

config::Value reported_json(const std::vector<wire::ReportedCandidate>& reported) {
  config::Value all = config::Value::array();
  for (const wire::ReportedCandidate& one : reported) {
    config::Value row = config::Value::table();
    row.set("rank", one.rank);
    const Result<config::Value> genes = config::parse_json(clean_json(one.genes), "genes");
    row.set("genes", genes ? *genes : config::Value::table());
    row.set("strategy_id", one.in_sample_key.hex());
    row.set("out_of_sample_id", one.out_of_sample_key.is_zero()
                                    ? config::Value()
                                    : config::Value(one.out_of_sample_key.hex()));
    all.push(std::move(row));
  }
  return all;
}

Status store_verdict(Transaction& transaction, const wire::Verdict& verdict) {
  const std::string run = database::clean_text(verdict.run);
  const auto stored = transaction.exec(
      "INSERT INTO mendel.runs (run, reported_at, report) VALUES ($1, $2, $3::jsonb) "
      "ON CONFLICT (run) DO UPDATE SET reported_at = excluded.reported_at,"
      " report = excluded.report",
      {run, database::time_text(verdict.at_ns), text_or_null(clean_json(verdict.report))});
  if (!stored) return stored.error();
  const auto reported = transaction.exec(
      "INSERT INTO mendel.reported (run, rank, genes, strategy_id, out_of_sample_id) "
      "SELECT $1, (one ->> 'rank')::integer, one -> 'genes', one ->> 'strategy_id',"
      " one ->> 'out_of_sample_id' FROM jsonb_array_elements($2::jsonb) one "
      "ON CONFLICT DO NOTHING",
      {run, config::to_json(reported_json(verdict.reported))});
  return reported ? Status{} : Status(reported.error());
}

Status store_generations(Transaction& transaction,
                         const std::vector<wire::GenerationRecord>& generations) {
  if (generations.empty()) return {};
  config::Value all = config::Value::array();
  for (const wire::GenerationRecord& one : generations) {
    config::Value row = config::Value::table();
    row.set("run", database::clean_text(one.run));
    row.set("island", one.island);
    row.set("generation", one.generation);
    row.set("at", database::time_text(one.born_at_ns));
    row.set("digest", one.digest.hex());
    all.push(std::move(row));
  }
  const auto stored = transaction.exec(
      "INSERT INTO mendel.generation_records (run, island, generation, \"timestamp\", digest) "
      "SELECT one ->> 'run', (one ->> 'island')::integer, (one ->> 'generation')::integer,"
      " (one ->> 'at')::timestamptz, one ->> 'digest' FROM jsonb_array_elements($1::jsonb) one "
      "ON CONFLICT DO NOTHING",
      {config::to_json(all)});
  return stored ? Status{} : Status(stored.error());
}

Status store_rows(Transaction& transaction, const ResultRows& rows) {
  for (const wire::RunRecord& run : rows.runs) {
    if (Status status = store_run(transaction, run); !status) return status;
  }
  for (const wire::Verdict& verdict : rows.verdicts) {
    if (Status status = store_verdict(transaction, verdict); !status) return status;
  }
  if (Status status = store_generations(transaction, rows.generations); !status) {
    return status;
  }
  if (Status status = load(transaction, "mendel.candidates", kCandidateColumns, rows.candidates);
      !status) {
    return status;
  }
  return load(transaction, "mendel.strategy_metrics", metric_columns(), rows.metrics);
}

class ResultTables : public ResultSink {
 public:
  ResultTables(database::DsnSource source, const database::PoolOptions& options, std::string log)
      : log_(std::move(log)), pool_(std::move(source), options) {}

  Result<durable_log::Position> begin(const LogOwner& owner) override {
    owner_ = {owner.store_id, log_, owner.epoch};
    const auto lease = pool_.acquire();
    if (!lease) return lease.error();
    const auto claimed = database::claim_log(**lease, owner_);
    if (!claimed) return claimed.error();
    at_ = *claimed;
    return durable_log::Position{at_.segment, at_.offset};
  }

  Status store(const std::vector<durable_log::Entry>& entries,
               const durable_log::Position& end) override {
    const ResultRows rows = collect(entries);
    for (const std::string& line : rows.refused) {
      log::repeated(log::Level::error, "refused record",
                    "a record that the tables cannot take stays in the log: " + line);
    }
    const auto lease = pool_.acquire();
    if (!lease) return lease.error();
    auto transaction = (*lease)->begin();
    if (!transaction) return transaction.error();
    pool_.server().read(**lease, *transaction);
    const database::LogPosition to{end.segment, end.offset};
    const auto moved = database::advance_log(*transaction, owner_, at_, to);
    if (!moved) return moved.error();
    if (!*moved) {
      return transient_error("the log's offset was moved, or another epoch owns it: asking again");
    }
    if (Status status = store_rows(*transaction, rows); !status) return status;
    if (Status status = transaction->commit(); !status) return status;
    at_ = to;
    return {};
  }

  SinkGauges gauges() const override {
    // Asked once a second: also the place to end what waits for a database that does not answer.
    pool_.enforce(read_clocks());
    return pool_.gauges();
  }

 private:
  std::string log_;
  mutable database::Pool pool_;
  database::LogOwner owner_;
  database::LogPosition at_;
};

}  // namespace

std::unique_ptr<ResultSink> make_result_tables(database::DsnSource source,
                                               const database::PoolOptions& options,
                                               std::string log) {
  return std::make_unique<ResultTables>(std::move(source), options, std::move(log));
}

Result<std::unique_ptr<ResultSink>> open_result_tables(const wiring::Topology& topology) {
  const auto lookup = [&](std::string_view key, std::string_view fallback) {
    return topology.setting(key, fallback);
  };
  const auto pool = database::pool_options(lookup, "results_writer");
  if (!pool) return pool.error();
  database::DsnSource source = database::dsn_source(lookup);
  if (Status status = source.check(); !status) return status.error();
  return make_result_tables(std::move(source), *pool);
}

}  // namespace mendel::results_writer
