#include "shared/market/bar_csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "shared/base/time.hpp"

namespace mendel::market {
namespace {

constexpr std::size_t kValueBytesMax = 60;     // of a refused cell that a report shows
constexpr std::size_t kSpacingsMax = 200'000;  // looked at to infer a timeframe
constexpr std::int64_t kTimeStepNs = 1000;     // of a timestamp in the database
constexpr std::size_t kSymbolsNamed = 5;       // in an error

std::string shown(std::string_view cell) {
  std::string text(cell.substr(0, kValueBytesMax));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  if (cell.size() > kValueBytesMax) text += "...";
  return text;
}

constexpr std::array<double, 16> kPowersOfTen = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

constexpr std::size_t kPlainBytesMax = 15;

// Digits with at most one point, kPlainBytesMax in all, as nearly every price is: the digits and
// the power of ten are exact doubles, so that their quotient is rounded correctly (Clinger, "How to
// read floating point numbers accurately", 1990), in a fraction of the time. nullopt: anything
// else.
std::optional<double> read_plain(std::string_view cell) {
  std::int64_t digits = 0;
  std::size_t point = cell.size();
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const auto digit = static_cast<unsigned char>(cell[i] - '0');
    if (digit <= 9) {
      digits = digits * 10 + digit;
    } else if (cell[i] == '.' && point == cell.size()) {
      point = i;
    } else {
      return std::nullopt;
    }
  }
  const std::size_t decimals = point == cell.size() ? 0 : cell.size() - point - 1;
  return static_cast<double>(digits) / kPowersOfTen[decimals];
}

enum class NumberFault { none, unreadable, not_finite };

NumberFault read_number(std::string_view cell, double& value) {
  if (cell.size() <= kPlainBytesMax && !cell.empty() && cell.front() != '.') {
    if (const auto plain = read_plain(cell)) {
      value = *plain;
      return NumberFault::none;
    }
  }
  if (cell.starts_with('+')) cell.remove_prefix(1);
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (end != cell.data() + cell.size() || cell.empty()) return NumberFault::unreadable;
  if (error == std::errc::result_out_of_range) return NumberFault::not_finite;
  if (error != std::errc()) return NumberFault::unreadable;
  return NumberFault::none;
}

// "date" or, where the clock stands beside it, "date time".
std::string time_cell(const CsvRecord& record, const BarColumns& columns) {
  std::string cell(record.fields[columns.time]);
  if (!columns.clock) return cell;
  const std::string_view clock = record.fields[*columns.clock];
  return clock.find(':') == std::string_view::npos ? std::string(clock)
                                                   : cell.append(" ").append(clock);
}

// The last line with something in it, as the time's form is decided by both ends of the file.
std::string_view last_line(std::string_view text) {
  const char end = csv_line_end(text);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  const std::size_t before = text.rfind(end);
  return before == std::string_view::npos ? text : text.substr(before + 1);
}

// The commonest distance between neighbours, the least of equals; 0 without two rows.
std::int64_t commonest_spacing(std::vector<std::int64_t> spacings) {
  std::stable_sort(spacings.begin(), spacings.end());
  std::int64_t best = 0;
  std::ptrdiff_t best_count = 0;
  for (auto at = spacings.begin(); at != spacings.end();) {
    const auto end = std::upper_bound(at, spacings.end(), *at);
    if (end - at > best_count) {
      best = *at;
      best_count = end - at;
    }
    at = end;
  }
  return best;
}

std::string length_text(std::int64_t length_ns) {
  const auto timeframe = timeframe_of(length_ns);
  return timeframe ? timeframe->name : fmt::format("{} s", length_ns / kNsPerSecond);
}

}  // namespace

BarCsvParser::BarCsvParser(CsvReader reader, BarColumns columns, BarCsvOptions options)
    : reader_(std::move(reader)), columns_(std::move(columns)), options_(std::move(options)) {
  report_.file = options_.file;
  report_.time_column = columns_.names[columns_.time];
  if (columns_.clock) report_.time_column += " + " + columns_.names[*columns_.clock];
  if (columns_.volume) report_.volume_column = columns_.names[*columns_.volume];
}

Result<BarCsvParser> BarCsvParser::open(std::string_view text, BarCsvOptions options) {
  auto columns = find_bar_columns(text, options.file, options.volume);
  if (!columns) return columns.error();
  CsvReader reader(text, columns->delimiter);
  CsvRecord record;
  while (reader.next(record) && record.line < columns->line) {
  }
  CsvReader ahead = reader;
  if (!ahead.next(record)) {
    return configuration_error(fmt::format("{}: has a header and no bars below it", options.file));
  }
  const auto cell_of = [&](const CsvRecord& row) {
    return row.fields.size() == columns->names.size() ? time_cell(row, *columns) : std::string();
  };
  const std::string first = cell_of(record);
  CsvReader end(last_line(text), columns->delimiter);
  const std::string last = end.next(record) ? cell_of(record) : std::string();
  BarCsvParser parser(std::move(reader), std::move(*columns), std::move(options));
  parser.format_ = stamp_format(first, last, parser.options_.zone);
  return parser;
}

Result<bool> BarCsvParser::step(std::size_t rows) {
  CsvRecord record;
  for (; rows > 0; --rows) {
    if (!reader_.next(record)) return false;
    if (static_cast<std::size_t>(++report_.rows) > kBarCsvRowsMax) {
      return configuration_error(
          fmt::format("{}: more than {} rows; split it", options_.file, kBarCsvRowsMax));
    }
    Row row;
    row.line = record.line;
    if (auto refusal = read_row(record, row)) {
      if (Status status = refuse(std::move(*refusal)); !status) return status.error();
      continue;
    }
    rows_.push_back(row);
  }
  return true;
}

std::optional<Refusal> BarCsvParser::read_row(const CsvRecord& record, Row& row) {
  if (!record.malformed.empty()) {
    return Refusal{record.line, "line", BarRule::malformed_line, std::string(record.malformed)};
  }
  if (record.fields.size() != columns_.names.size()) {
    return Refusal{
        record.line, "line", BarRule::wrong_field_count,
        fmt::format("{} fields, the header has {}", record.fields.size(), columns_.names.size())};
  }
  if (auto refusal = read_time(record, row)) return refusal;
  const std::array<std::pair<std::optional<std::size_t>, double*>, 5> numbers = {
      {{columns_.open, &row.bar.open},
       {columns_.high, &row.bar.high},
       {columns_.low, &row.bar.low},
       {columns_.close, &row.bar.close},
       {columns_.volume, &row.bar.volume}}};
  for (const auto& [column, value] : numbers) {
    if (!column) continue;
    const std::string_view cell = record.fields[*column];
    const NumberFault fault = read_number(cell, *value);
    if (fault == NumberFault::none) continue;
    return Refusal{
        record.line, columns_.names[*column],
        fault == NumberFault::not_finite ? BarRule::not_finite : BarRule::unreadable_number,
        shown(cell)};
  }
  if (const auto fault = find_fault(row.bar)) {
    const bool compared = fault->rule == BarRule::high_below_low ||
                          fault->rule == BarRule::open_outside_low_high ||
                          fault->rule == BarRule::close_outside_low_high;
    const std::string range =
        compared ? fmt::format(", low {}, high {}", row.bar.low, row.bar.high) : "";
    return Refusal{record.line, std::string(fault->field), fault->rule,
                   fmt::format("{}{}", fault->value, range)};
  }
  if (row.bar.volume == 0) row.bar.volume = 0;  // never -0
  return read_symbol(record, row);
}

std::optional<Refusal> BarCsvParser::read_time(const CsvRecord& record, Row& row) {
  Stamp stamp;
  if (columns_.clock) {
    stamp = parse_stamp(time_cell(record, columns_), format_);
  } else {
    stamp = parse_stamp(record.fields[columns_.time], format_);
  }
  row.bar.time_ns = stamp.time_ns;
  const bool too_fine = stamp.time_ns % kTimeStepNs != 0;
  if (stamp.fault == StampFault::none && !too_fine) return std::nullopt;
  BarRule rule = BarRule::time_too_fine;
  if (stamp.fault == StampFault::unreadable) rule = BarRule::unreadable_time;
  if (stamp.fault == StampFault::out_of_range) rule = BarRule::time_out_of_range;
  if (stamp.fault == StampFault::skipped) rule = BarRule::time_skipped_by_clock;
  return Refusal{record.line, report_.time_column, rule, shown(time_cell(record, columns_))};
}

std::optional<Refusal> BarCsvParser::read_symbol(const CsvRecord& record, Row& row) {
  if (!columns_.symbol) return std::nullopt;
  const std::string_view cell = record.fields[*columns_.symbol];
  auto known = symbols_.find(cell);
  if (known == symbols_.end()) {
    if (symbols_.size() == kBarCsvSymbolsMax) {
      return Refusal{record.line, columns_.names[*columns_.symbol], BarRule::malformed_line,
                     fmt::format("more than {} symbols in one file", kBarCsvSymbolsMax)};
    }
    const auto number = static_cast<std::uint32_t>(symbols_.size());
    known = symbols_.emplace(std::string(cell), number).first;
  }
  row.symbol = known->second;
  return std::nullopt;
}

Error BarCsvParser::error_of(const Refusal& refusal) const {
  return transient_error(refusal.text(options_.file) +
                         "; --strict stops here: correct the row, or go without it");
}

Status BarCsvParser::refuse(Refusal refusal) {
  ++report_.refused[static_cast<std::size_t>(refusal.rule)];
  if (options_.strict) return error_of(refusal);
  if (report_.first_refusals.size() < kRefusalsKept) {
    report_.first_refusals.push_back(std::move(refusal));
  }
  return {};
}

Status BarCsvParser::choose_symbol() {
  if (symbols_.size() == 1) report_.symbol = symbols_.begin()->first;
  if (symbols_.size() < 2) return {};
  const auto chosen = symbols_.find(options_.symbol);
  if (chosen == symbols_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, number] : symbols_) {
      if (names.size() < kSymbolsNamed) names.push_back(name);
    }
    return configuration_error(fmt::format(
        "{}: holds {} symbols ({}{}); name one of them with --symbol", options_.file,
        symbols_.size(), fmt::join(names, ", "), symbols_.size() > names.size() ? ", ..." : ""));
  }
  report_.symbol = chosen->first;
  const std::size_t before = rows_.size();
  std::erase_if(rows_, [number = chosen->second](const Row& row) { return row.symbol != number; });
  report_.other_symbols = static_cast<std::int64_t>(before - rows_.size());
  return {};
}

void BarCsvParser::sort_rows() {
  report_.newest_first = rows_.size() > 1 && rows_.front().bar.time_ns > rows_.back().bar.time_ns;
  if (report_.newest_first) std::reverse(rows_.begin(), rows_.end());
  const auto by_time_and_line = [](const Row& a, const Row& b) {
    return std::pair(a.bar.time_ns, a.line) < std::pair(b.bar.time_ns, b.line);
  };
  if (!std::is_sorted(rows_.begin(), rows_.end(), by_time_and_line)) {
    std::stable_sort(rows_.begin(), rows_.end(), by_time_and_line);
  }
}

Status BarCsvParser::drop_duplicates() {
  std::vector<Refusal> kept;
  std::size_t size = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (size == 0 || rows_[i].bar.time_ns != rows_[size - 1].bar.time_ns) {
      rows_[size++] = rows_[i];
      continue;
    }
    const bool identical = rows_[i].bar == rows_[size - 1].bar;
    ++(identical ? report_.duplicates_identical : report_.duplicates_differing);
    ++report_.refused[static_cast<std::size_t>(BarRule::duplicate_time)];
    Refusal refusal{
        rows_[i].line, report_.time_column, BarRule::duplicate_time,
        fmt::format("{}, as in line {}, {}", format_time(rows_[i].bar.time_ns),
                    rows_[size - 1].line, identical ? "the same values" : "other values")};
    if (options_.strict) return error_of(refusal);
    if (kept.size() < kRefusalsKept) kept.push_back(std::move(refusal));
  }
  rows_.resize(size);
  auto& refusals = report_.first_refusals;
  refusals.insert(refusals.end(), kept.begin(), kept.end());
  std::stable_sort(refusals.begin(), refusals.end(),
                   [](const Refusal& a, const Refusal& b) { return a.line < b.line; });
  if (refusals.size() > kRefusalsKept) refusals.resize(kRefusalsKept);
  return {};
}

Status BarCsvParser::settle_timeframe() {
  std::vector<std::int64_t> spacings;
  for (std::size_t i = 1; i < rows_.size() && i <= kSpacingsMax; ++i) {
    spacings.push_back(rows_[i].bar.time_ns - rows_[i - 1].bar.time_ns);
  }
  const std::int64_t spacing_ns = commonest_spacing(std::move(spacings));
  if (options_.timeframe) {
    report_.timeframe = *options_.timeframe;
    if (spacing_ns == 0 || spacing_ns >= report_.timeframe.length_ns) return {};
    return configuration_error(
        fmt::format("{}: its bars are {} apart, less than --timeframe {}; give their own timeframe",
                    options_.file, length_text(spacing_ns), report_.timeframe.name));
  }
  if (rows_.empty()) return {};
  const auto inferred = timeframe_of(spacing_ns);
  if (!inferred) {
    const std::string refusals = report_.refused_in_short();
    return configuration_error(fmt::format(
        "{}: its bars ({} accepted) do not tell their timeframe; give --timeframe, as in 1h or "
        "1d{}{}",
        options_.file, rows_.size(), refusals.empty() ? "" : "; ", refusals));
  }
  report_.timeframe = *inferred;
  report_.timeframe_inferred = true;
  return {};
}

Result<BarCsv> BarCsvParser::finish() && {
  if (Status status = choose_symbol(); !status) return status.error();
  sort_rows();
  if (Status status = drop_duplicates(); !status) return status.error();
  if (Status status = settle_timeframe(); !status) return status.error();
  const std::int64_t shift_ns = options_.stamp_is_close ? report_.timeframe.length_ns : 0;
  BarCsv csv;
  csv.bars.reserve(rows_.size());
  std::vector<std::int64_t> times_ns;
  times_ns.reserve(rows_.size());
  for (Row& row : rows_) {
    row.bar.time_ns -= shift_ns;
    times_ns.push_back(row.bar.time_ns);
    csv.bars.push_back(row.bar);
  }
  rows_ = {};
  csv.report = std::move(report_);
  csv.report.accepted = static_cast<std::int64_t>(csv.bars.size());
  if (!csv.bars.empty()) {
    csv.report.first_ns = times_ns.front();
    csv.report.last_ns = times_ns.back();
    csv.report.holes = find_holes(times_ns, csv.report.timeframe);
  }
  return csv;
}

Result<BarCsv> parse_bar_csv(std::string_view text, BarCsvOptions options) {
  auto parser = BarCsvParser::open(text, std::move(options));
  if (!parser) return parser.error();
  auto more = parser->step(std::numeric_limits<std::size_t>::max());
  if (!more) return more.error();
  return std::move(*parser).finish();
}

}  // namespace mendel::market
