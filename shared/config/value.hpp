// Value: one tree for TOML files, JSON documents and reports, with the place each node came from.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "shared/base/result.hpp"

namespace mendel::config {

// Where a node stands in its file; line 0 = it was made by the program.
struct Place {
  int line = 0;
  int column = 0;
};

class Value {
 public:
  using Array = std::vector<Value>;
  using Table = std::vector<std::pair<std::string, Value>>;  // keeps the order of insertion

  Value() = default;                                // null
  Value(bool value) : data_(value) {}               // NOLINT(google-explicit-constructor)
  Value(int value) : data_(std::int64_t{value}) {}  // NOLINT(google-explicit-constructor)
  Value(std::int64_t value) : data_(value) {}       // NOLINT(google-explicit-constructor)
  Value(std::uint64_t value) : data_(static_cast<std::int64_t>(value)) {}  // NOLINT
  Value(double value) : data_(value) {}                  // NOLINT(google-explicit-constructor)
  Value(std::string value) : data_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Value(std::string_view value) : data_(std::string(value)) {}  // NOLINT
  Value(const char* value) : data_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  Value(Array value) : data_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Value(Table value) : data_(std::move(value)) {}          // NOLINT(google-explicit-constructor)
  static Value array() { return Value(Array{}); }
  static Value table() { return Value(Table{}); }

  bool is_null() const { return data_.index() == 0; }
  bool is_bool() const { return data_.index() == 1; }
  bool is_integer() const { return data_.index() == 2; }
  bool is_number() const { return data_.index() == 2 || data_.index() == 3; }
  bool is_text() const { return data_.index() == 4; }
  bool is_array() const { return data_.index() == 5; }
  bool is_table() const { return data_.index() == 6; }
  // "a number", "text", "a table" …: for messages.
  std::string_view type_name() const;

  // Require the matching type.
  bool as_bool() const { return std::get<bool>(data_); }
  std::int64_t as_integer() const { return std::get<std::int64_t>(data_); }
  double as_number() const;
  const std::string& as_text() const { return std::get<std::string>(data_); }
  const Array& items() const { return std::get<Array>(data_); }
  Array& items() { return std::get<Array>(data_); }
  const Table& entries() const { return std::get<Table>(data_); }
  Table& entries() { return std::get<Table>(data_); }

  // The entry of a table, or nullptr when there is none or this is no table.
  const Value* find(std::string_view key) const;
  // Walks nested tables: find_path("best.in_sample.sharpe_ratio").
  const Value* find_path(std::string_view dotted) const;
  // Sets or replaces the entry of a table (a null Value becomes a table first); returns it.
  Value& set(std::string_view key, Value value);
  // Appends to an array (a null Value becomes an array first).
  void push(Value value);

  Place place;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Table> data_;
};

// TOML 1.0. Dates and date-times become text ("2021-01-01", "2021-01-01T00:00:00Z").
// Errors read `file:line:column: what is wrong`, kind configuration.
Result<Value> parse_toml(std::string_view text, std::string_view file);

// JSON; nesting deeper than 64 and documents above 64 MiB are refused.
Result<Value> parse_json(std::string_view text, std::string_view what);

// JSON in the order of insertion; doubles by shortest round trip, non-finite ones as null.
// indent < 0: one line.
std::string to_json(const Value& value, int indent = -1);

// Reads a whole file of at most `bytes_max`; the error names the path and what to do.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max = 64 << 20);

// The known name nearest to `unknown` (edit distance <= max(1, a third of its length), neighbours
// exchanged count once), else the shortest that begins with it or holds it, or "".
std::string nearest_name(std::string_view unknown, const std::vector<std::string>& known);
// Control characters, line breaks among them, as '?': what came from people stays on one line.
std::string one_line(std::string text);
// "; did you mean 'x'?" or "; known: a, b, c".
std::string suggestion(std::string_view unknown, const std::vector<std::string>& known);

}  // namespace mendel::config
