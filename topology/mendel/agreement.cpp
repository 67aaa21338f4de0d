#include "topology/mendel/agreement.hpp"

#include <fmt/format.h>

#include <utility>

#include "shared/base/bytes.hpp"
#include "shared/base/hash.hpp"

namespace mendel::cli {
namespace {

std::uint64_t key_hash(const RunRow& row) {
  std::string bytes;
  append_number(bytes, static_cast<std::uint8_t>(row.table));
  append_text(bytes, row.key);
  return checksum(bytes);
}

std::uint64_t values_hash(const RunRow& row) {
  std::string bytes;
  for (const database::Field& value : row.values) {
    append_number(bytes, static_cast<std::uint8_t>(value.has_value()));
    append_text(bytes, value.value_or(""));
  }
  return checksum(bytes);
}

// A long document is told by its beginning.
std::string shown(const database::Field& value) {
  constexpr std::size_t kMost = 60;
  if (!value) return "NULL";
  return value->size() <= kMost ? *value : value->substr(0, kMost) + "…";
}

std::string columns_that_differ(const RunRow& logged, const RunRow& stored) {
  const std::vector<std::string>& columns = value_columns(logged.table);
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (logged.values[i] == stored.values[i]) continue;
    out += fmt::format("{}{}: log {}, database {}", out.empty() ? "" : "; ", columns[i],
                       shown(logged.values[i]), shown(stored.values[i]));
  }
  return out;
}

}  // namespace

void Agreement::expect(const RunRow& row) {
  Rows& rows = rows_[static_cast<std::size_t>(row.table)];
  if (rows.try_emplace(key_hash(row), Expected{values_hash(row), false}).second) {
    ++at(row.table).logged;
  }
}

void Agreement::meet(const RunRow& row) {
  ++at(row.table).stored;
  Rows& rows = rows_[static_cast<std::size_t>(row.table)];
  const std::uint64_t key = key_hash(row);
  const auto found = rows.find(key);
  if (found == rows.end()) return add({RowDifference::Kind::extra, row.table, row.key, ""});
  if (found->second.met) return add({RowDifference::Kind::twice, row.table, row.key, ""});
  found->second.met = true;
  if (found->second.values == values_hash(row)) return;
  ++at(row.table).differences;
  if (open_.size() < kDifferencesNamedMax) open_.emplace(key, row);
}

void Agreement::finish() {
  for (std::size_t table = 0; table < kResultTables; ++table) {
    for (const auto& [key, expected] : rows_[table]) {
      if (expected.met) continue;
      ++counts_[table].differences;
      if (open_.size() < kDifferencesNamedMax) open_.emplace(key, RunRow{});
    }
  }
}

void Agreement::name(const RunRow& row) {
  const auto found = open_.find(key_hash(row));
  if (found == open_.end()) return;
  const bool is_missing = found->second.values.empty();
  named_.push_back({is_missing ? RowDifference::Kind::missing : RowDifference::Kind::differs,
                    row.table, row.key, is_missing ? "" : columns_that_differ(row, found->second)});
  open_.erase(found);
}

std::uint64_t Agreement::differences() const {
  std::uint64_t sum = 0;
  for (const Count& count : counts_) sum += count.differences;
  return sum;
}

void Agreement::add(RowDifference difference) {
  ++at(difference.table).differences;
  if (named_.size() < kDifferencesNamedMax) named_.push_back(std::move(difference));
}

}  // namespace mendel::cli
