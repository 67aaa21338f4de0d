// CSV: the records of a text, one per line, as RFC 4180 writes them and people have them: quotes,
// CRLF, CR alone (old Macs), a byte-order mark, no newline at the end, blank lines and `#` lines
// (both skipped). A field holds no line break: an open quote spoils its own line and never the ones
// behind it. Threads: one thread per reader.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace mendel::market {

// A line of market data has some 200 bytes and 20 fields; these leave room and bound the memory.
inline constexpr std::size_t kCsvLineBytesMax = 64 << 10;
inline constexpr std::size_t kCsvFieldsMax = 256;

struct CsvRecord {
  std::int64_t line = 0;                 // from 1
  std::vector<std::string_view> fields;  // trimmed unless quoted; valid until the next read
  std::string_view malformed;            // "" or why the line is no record (fields is empty then)
};

class CsvReader {
 public:
  // `text` must outlive the reader.
  explicit CsvReader(std::string_view text, char delimiter = ',');

  // Reads the next record into `record`; false at the end of the text.
  bool next(CsvRecord& record);

 private:
  void split(std::string_view line, CsvRecord& record);
  void split_unquoted(std::string_view line, CsvRecord& record) const;
  // Takes one field off the front of `line`; false when its quotes are malformed.
  bool take_field(std::string_view& line, std::string_view& field);

  std::string_view rest_;
  char delimiter_;
  char line_end_;
  std::int64_t line_ = 0;
  std::deque<std::string> unquoted_;  // fields that held doubled quotes
};

// What ends the lines of a text: '\n', or '\r' where no '\n' is.
char csv_line_end(std::string_view text);

// Without blanks (space, tab) at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace mendel::market
