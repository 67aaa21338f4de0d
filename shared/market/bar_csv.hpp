// BarCsv: a CSV file of bars becomes ascending bars without duplicates, and a report of every row
// that was refused. Nothing is repaired: a row is a bar as it stands, or it is refused by name.
// Threads: one thread per parser.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/market/bar.hpp"
#include "shared/market/bar_columns.hpp"
#include "shared/market/bar_report.hpp"
#include "shared/market/csv.hpp"
#include "shared/market/stamp.hpp"

namespace mendel::market {

// A text above is refused before it is read: ten years of one-minute bars have some 400 MB.
inline constexpr std::size_t kBarCsvBytesMax = std::size_t{1} << 30;
// Thirty years of one-minute bars around the clock; a gigabyte in memory while they are sorted.
inline constexpr std::size_t kBarCsvRowsMax = 16'000'000;
// Different symbols in one file.
inline constexpr std::size_t kBarCsvSymbolsMax = 10'000;

struct BarCsvOptions {
  std::string file;                    // how refusals name it
  std::string symbol;                  // picks the rows of a file of several symbols
  std::optional<Timeframe> timeframe;  // absent: the commonest spacing
  TimeZone zone;                       // of times without an offset
  bool stamp_is_close = false;         // times name the end of a bar
  std::string volume;                  // the volume column, where there are several
  bool strict = false;                 // the first refusal is an error
};

struct BarCsv {
  std::vector<Bar> bars;  // ascending; possibly empty
  BarReport report;
};

class BarCsvParser {
 public:
  // Reads the header. `text` must outlive the parser. Errors (kind configuration): no header, two
  // volume columns, nothing below the header.
  static Result<BarCsvParser> open(std::string_view text, BarCsvOptions options);

  // Reads up to `rows` more rows; true while there are more. Errors: strict, and a row is
  // refused; more than kBarCsvRowsMax.
  Result<bool> step(std::size_t rows);

  // Sorts, refuses duplicates (the first of a time in the file stays), shifts closes to opens,
  // infers the timeframe, finds holes. Requires that step returned false. Errors: several symbols
  // and none chosen, no timeframe to infer, bars closer than the given timeframe; strict.
  Result<BarCsv> finish() &&;

 private:
  struct Row {
    Bar bar;
    std::int64_t line = 0;
    std::uint32_t symbol = 0;
  };

  BarCsvParser(CsvReader reader, BarColumns columns, BarCsvOptions options);
  std::optional<Refusal> read_row(const CsvRecord& record, Row& row);
  std::optional<Refusal> read_time(const CsvRecord& record, Row& row);
  std::optional<Refusal> read_symbol(const CsvRecord& record, Row& row);
  Status refuse(Refusal refusal);
  Error error_of(const Refusal& refusal) const;
  Status choose_symbol();
  void sort_rows();
  Status drop_duplicates();
  Status settle_timeframe();

  CsvReader reader_;
  BarColumns columns_;
  BarCsvOptions options_;
  StampFormat format_;
  std::map<std::string, std::uint32_t, std::less<>> symbols_;
  std::vector<Row> rows_;
  BarReport report_;
};

// All steps at once, for texts that need no duty cycle in between.
Result<BarCsv> parse_bar_csv(std::string_view text, BarCsvOptions options);

}  // namespace mendel::market
