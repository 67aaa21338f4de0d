// Values as PostgreSQL's text: parameters, COPY rows, and what comes back. Doubles are written by
// shortest round trip and read back to the same bits; times are written with an explicit zone.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mendel::database {

using Field = std::optional<std::string>;  // nullopt = NULL
using Parameters = std::vector<Field>;

std::string to_text(double value);  // "NaN", "Infinity" as PostgreSQL spells them
std::string to_text(std::int64_t value);
// Downward, to no less than nanoseconds can count.
std::int64_t whole_microseconds(std::int64_t time_ns);
// "2019-10-17T09:00:00.000001Z". timestamptz holds microseconds: the rest is cut off, downward.
std::string time_text(std::int64_t time_ns);
// What a text column can hold: invalid UTF-8 and NUL become '?', so that one bad byte in a message
// cannot stop a drain for ever.
std::string clean_text(std::string_view text);

// Zero when the text is no number: only for what the server wrote itself.
double number_from(std::string_view text);
std::int64_t integer_from(std::string_view text);

// One row of a COPY, filled column by column. Keeps its memory from row to row.
class CopyRow {
 public:
  void clear() { used_ = 0; }
  void text(std::string_view value);  // cleaned
  void number(double value);
  void integer(std::int64_t value);
  void time(std::int64_t time_ns);
  void boolean(bool value);
  void null();
  // Pointers to the fields, nullptr for NULL; valid until the next change.
  const std::vector<const char*>& pointers();

 private:
  std::string& next();

  std::vector<std::string> fields_;
  std::vector<bool> nulls_;
  std::vector<const char*> pointers_;
  std::size_t used_ = 0;
};

}  // namespace mendel::database
