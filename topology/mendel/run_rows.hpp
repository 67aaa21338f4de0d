// RunRows: the rows of one run in the result tables, as the log says they must be and as the
// database has them, in one spelling: equal rows are equal texts, doubles by their bits.
// Threads: plain values; one thread a RunRows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/database/connection.hpp"
#include "shared/database/values.hpp"
#include "stages/results_writer/rows.hpp"

namespace mendel::cli {

enum class ResultTable : std::uint8_t { metrics, candidates, generations, reported, runs };
inline constexpr std::size_t kResultTables = 5;
inline constexpr std::string_view kResultTableNames[kResultTables] = {
    "strategy_metrics", "candidates", "generation_records", "reported", "runs"};

struct RunRow {
  ResultTable table = ResultTable::metrics;
  std::string key;                      // of the row among those of its run, as people read it
  std::vector<database::Field> values;  // in the order of value_columns()
};
using RowSink = std::function<void(RunRow)>;

const std::vector<std::string>& value_columns(ResultTable table);

// Collects what the log says of one run, in the order of the log.
class LoggedRows {
 public:
  explicit LoggedRows(std::string run) : run_(std::move(run)) {}
  void add(const results_writer::ResultRows& rows, const RowSink& sink);
  // The row of the run itself, which several records make, when there was one.
  void finish(const RowSink& sink) const;

 private:
  void add(const wire::RunRecord& record);
  void add(const wire::Verdict& verdict, const RowSink& sink);

  std::string run_;
  std::map<std::string, std::string> columns_;  // of the run's row, those that are not NULL
};

// What the database has of the run (a ULID), table by table, in bounded pieces.
Status stored_rows(database::Transaction& transaction, const std::string& run, const RowSink& sink);

}  // namespace mendel::cli
