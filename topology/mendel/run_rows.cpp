#include "topology/mendel/run_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/base/ids.hpp"
#include "shared/config/value.hpp"
#include "shared/market/metrics.hpp"

namespace mendel::cli {
namespace {

using database::Field;
using results_writer::clean_json;

constexpr int kRowsPerFetch = 10'000;

// What jsonb keeps of a document: no order of keys, numbers by value.
std::string same_json(const config::Value& value) {
  if (value.is_number()) return database::to_text(value.as_number());
  if (value.is_array()) {
    std::string out = "[";
    for (const config::Value& item : value.items()) out += same_json(item) + ",";
    return out + "]";
  }
  if (!value.is_table()) return config::to_json(value);
  std::map<std::string_view, const config::Value*> sorted;
  for (const auto& [key, item] : value.entries()) sorted[key] = &item;
  std::string out = "{";
  for (const auto& [key, item] : sorted) {
    out += config::to_json(config::Value(key)) + ":" + same_json(*item) + ",";
  }
  return out + "}";
}

Field json_field(std::string_view text) {
  if (text.empty()) return {};
  const Result<config::Value> value = config::parse_json(text, "a stored document");
  return value ? same_json(*value) : std::string(text);
}

std::string microseconds(std::int64_t time_ns) {
  return database::to_text(database::whole_microseconds(time_ns));
}

Field text_field(const std::string& text) {
  return text.empty() ? Field() : Field(database::clean_text(text));
}

Field metric_field(market::Metric metric, const market::Metrics& metrics) {
  const std::optional<double> value = metrics.get(metric);
  if (!value) return {};
  if (metric != market::Metric::trade_count) return database::to_text(*value);
  const bool fits = *value >= 0 && *value <= std::numeric_limits<std::int32_t>::max();
  return fits ? Field(database::to_text(static_cast<std::int64_t>(*value))) : Field();
}

RunRow row_of(const results_writer::MetricRow& from) {
  RunRow row;
  row.key = fmt::format("{} {} {} at {}", from.strategy_id, market::window_name(from.score.window),
                        database::clean_text(from.score.symbol), microseconds(from.born_at_ns));
  row.values = {database::to_text(from.generation), from.ruined ? "true" : "false",
                json_field(results_writer::undefined_json(from.score.metrics))};
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    row.values.push_back(metric_field(static_cast<market::Metric>(i), from.score.metrics));
  }
  return row;
}

std::string slot_key(std::string_view island, std::string_view generation) {
  return fmt::format("island {} generation {}", island, generation);
}

RunRow row_of(const results_writer::CandidateRow& from) {
  const std::string place =
      slot_key(database::to_text(from.island), database::to_text(from.generation));
  return {ResultTable::candidates,
          fmt::format("{} slot {}", place, from.slot),
          {from.strategy_id, json_field(from.genes), database::to_text(from.rank),
           text_field(from.invalid)}};
}

RunRow row_of(const wire::GenerationRecord& from) {
  return {ResultTable::generations,
          slot_key(database::to_text(from.island), database::to_text(from.generation)),
          {microseconds(from.born_at_ns), from.digest.hex()}};
}

RunRow row_of(const wire::ReportedCandidate& from) {
  const bool scored = !from.out_of_sample_key.is_zero();
  std::string genes = clean_json(from.genes);
  if (genes.empty()) genes = "{}";
  return {ResultTable::reported,
          fmt::format("rank {}", from.rank),
          {json_field(genes), from.in_sample_key.hex(),
           scored ? Field(from.out_of_sample_key.hex()) : Field()}};
}

std::vector<std::string> metric_values() {
  std::vector<std::string> columns = {"generation", "ruined", "undefined"};
  columns.insert(columns.end(), market::kMetricNames.begin(), market::kMetricNames.end());
  return columns;
}

// How a table is asked for: what makes the key of a row, and its values.
struct Question {
  std::string key;
  std::string values;
};

std::string microseconds_of(std::string_view column) {
  return fmt::format("(extract(epoch FROM {}) * 1000000)::bigint::text", column);
}

Question question_for(ResultTable table) {
  const std::string place = "'island ' || island || ' generation ' || generation";
  switch (table) {
    case ResultTable::metrics: {
      std::string values = "generation, CASE WHEN ruined THEN 'true' ELSE 'false' END, undefined";
      for (const std::string_view name : market::kMetricNames) values += fmt::format(", {}", name);
      return {"strategy_id || ' ' || window_name || ' ' || symbol || ' at ' || " +
                  microseconds_of("\"timestamp\""),
              values};
    }
    case ResultTable::candidates:
      return {place + " || ' slot ' || slot", "strategy_id, genes, rank, invalid"};
    case ResultTable::generations:
      return {place, microseconds_of("\"timestamp\"") + ", digest"};
    case ResultTable::reported:
      return {"'rank ' || rank", "genes, strategy_id, out_of_sample_id"};
    case ResultTable::runs:
      break;
  }
  return {"run",
          "name, state, experiment_digest, semantics_digest, dataset_id, experiment, seed,"
          " engine_version, " +
              microseconds_of("created_at") + ", " + microseconds_of("ended_at") + ", detail, " +
              microseconds_of("reported_at") + ", report"};
}

bool is_json(ResultTable table, const std::string& column) {
  return column == "undefined" || column == "genes" || column == "report" ||
         (table == ResultTable::runs && column == "detail");
}

RunRow read_row(ResultTable table, const database::Rows& rows, std::size_t at) {
  const std::vector<std::string>& columns = value_columns(table);
  RunRow row{table, std::string(rows.text(at, 0)), {}};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto field = rows.field(at, i + 1);
    if (!field) {
      row.values.emplace_back();
    } else if (is_json(table, columns[i])) {
      row.values.push_back(json_field(*field));
    } else {
      row.values.emplace_back(std::string(*field));
    }
  }
  // Doubles are spelled by us, not by the server.
  if (table == ResultTable::metrics) {
    for (std::size_t i = 0; i < market::kMetricCount; ++i) {
      Field& value = row.values[row.values.size() - market::kMetricCount + i];
      if (value && static_cast<market::Metric>(i) != market::Metric::trade_count) {
        value = database::to_text(database::number_from(*value));
      }
    }
  }
  return row;
}

Status read_table(database::Transaction& transaction, ResultTable table, const std::string& run,
                  const RowSink& sink) {
  const Question question = question_for(table);
  const auto opened = transaction.exec(fmt::format(
      "DECLARE rows_of_run NO SCROLL CURSOR FOR SELECT {}, {} FROM mendel.{} WHERE run = '{}'",
      question.key, question.values, kResultTableNames[static_cast<std::size_t>(table)], run));
  if (!opened) return opened.error();
  for (;;) {
    const auto rows = transaction.exec(fmt::format("FETCH {} FROM rows_of_run", kRowsPerFetch));
    if (!rows) return rows.error();
    if (rows->empty()) break;
    for (std::size_t i = 0; i < rows->size(); ++i) sink(read_row(table, *rows, i));
  }
  const auto closed = transaction.exec("CLOSE rows_of_run");
  return closed ? Status() : Status(closed.error());
}

}  // namespace

const std::vector<std::string>& value_columns(ResultTable table) {
  static const std::vector<std::string> kColumns[kResultTables] = {
      metric_values(),
      {"strategy_id", "genes", "rank", "invalid"},
      {"timestamp", "digest"},
      {"genes", "strategy_id", "out_of_sample_id"},
      {"name", "state", "experiment_digest", "semantics_digest", "dataset_id", "experiment", "seed",
       "engine_version", "created_at", "ended_at", "detail", "reported_at", "report"}};
  return kColumns[static_cast<std::size_t>(table)];
}

void LoggedRows::add(const results_writer::ResultRows& rows, const RowSink& sink) {
  const auto each = [&](const auto& list) {
    for (const auto& one : list) {
      if (one.run == run_) sink(row_of(one));
    }
  };
  each(rows.metrics);
  each(rows.candidates);
  each(rows.generations);
  for (const wire::RunRecord& record : rows.runs) {
    if (record.run == run_) add(record);
  }
  for (const wire::Verdict& verdict : rows.verdicts) {
    if (verdict.run == run_) add(verdict, sink);
  }
}

// What a record leaves open keeps what another told; a run that has ended stays ended.
void LoggedRows::add(const wire::RunRecord& record) {
  const auto set = [&](const char* column, const std::string& value) {
    if (!value.empty()) columns_[column] = database::clean_text(value);
  };
  const auto set_digest = [&](const char* column, const Digest& digest) {
    if (!digest.is_zero()) columns_[column] = digest.hex();
  };
  const bool running = record.state == "running";
  set("name", record.name);
  if (running) {
    columns_.try_emplace("state", record.state);
  } else {
    set("state", record.state);
  }
  set_digest("experiment_digest", record.experiment_digest);
  set_digest("semantics_digest", record.semantics_digest);
  set_digest("dataset_id", record.dataset_id);
  set("experiment", record.experiment);
  set("seed", fmt::format("{}", record.seed));
  set("engine_version", fmt::format("{}", record.engine_version));
  set(running ? "created_at" : "ended_at", microseconds(record.at_ns));
  if (const Field detail = json_field(clean_json(record.detail))) columns_["detail"] = *detail;
}

void LoggedRows::add(const wire::Verdict& verdict, const RowSink& sink) {
  columns_["reported_at"] = microseconds(verdict.at_ns);
  if (const Field report = json_field(clean_json(verdict.report))) {
    columns_["report"] = *report;
  } else {
    columns_.erase("report");
  }
  for (const wire::ReportedCandidate& one : verdict.reported) sink(row_of(one));
}

void LoggedRows::finish(const RowSink& sink) const {
  if (columns_.empty()) return;
  RunRow row{ResultTable::runs, run_, {}};
  for (const std::string& column : value_columns(ResultTable::runs)) {
    const auto found = columns_.find(column);
    row.values.push_back(found == columns_.end() ? Field() : Field(found->second));
  }
  sink(std::move(row));
}

Status stored_rows(database::Transaction& transaction, const std::string& run,
                   const RowSink& sink) {
  check(is_ulid(run), "a run is named by its ULID");
  for (std::size_t table = 0; table < kResultTables; ++table) {
    Status read = read_table(transaction, static_cast<ResultTable>(table), run, sink);
    if (!read) return read;
  }
  return {};
}

}  // namespace mendel::cli
