// Agreement: whether the database has exactly the rows that the log says it must have. First all
// rows of the log are expected, then all rows of the database are met.
// Threads: one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "topology/mendel/run_rows.hpp"

namespace mendel::cli {

// Named in the report; all are counted.
inline constexpr std::size_t kDifferencesNamedMax = 100;

struct RowDifference {
  enum class Kind : std::uint8_t { missing, extra, differs, twice };
  Kind kind = Kind::missing;
  ResultTable table = ResultTable::metrics;
  std::string key;
  std::string detail;  // of `differs`: the columns, "sharpe_ratio: log 1.5, database 1.6"
};
inline constexpr std::string_view kDifferenceNames[] = {"missing", "extra", "differs", "twice"};

class Agreement {
 public:
  struct Count {
    std::uint64_t logged = 0;
    std::uint64_t stored = 0;
    std::uint64_t differences = 0;
  };

  // A row that the log has; the first of a key counts, as in the database.
  void expect(const RunRow& row);
  // A row that the database has.
  void meet(const RunRow& row);
  // Every row of the database was met: what was not is missing.
  void finish();

  // Whether differences are counted whose row in the log is not yet known: name() them with the
  // rows of the log once more.
  bool wants_names() const { return !open_.empty(); }
  void name(const RunRow& row);

  const Count& count(ResultTable table) const { return counts_[static_cast<std::size_t>(table)]; }
  std::uint64_t differences() const;
  const std::vector<RowDifference>& named() const { return named_; }

 private:
  struct Expected {
    std::uint64_t values = 0;  // hash
    bool met = false;
  };
  // 10 million rows of two 64-bit hashes meet by chance once in 300,000 runs.
  using Rows = std::unordered_map<std::uint64_t, Expected>;

  void add(RowDifference difference);
  Count& at(ResultTable table) { return counts_[static_cast<std::size_t>(table)]; }

  std::array<Rows, kResultTables> rows_;
  std::array<Count, kResultTables> counts_;
  std::vector<RowDifference> named_;
  // Differences to be told with the log's row; of a missing one there is no stored row.
  std::unordered_map<std::uint64_t, RunRow> open_;
};

}  // namespace mendel::cli
