#include "shared/market/bar_columns.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "shared/market/csv.hpp"

namespace mendel::market {
namespace {

using Names = std::vector<std::string>;

// Lower case; everything but letters and digits becomes one blank: "<OPEN>" and "Open Time" are
// "open" and "open time".
std::string normalised(std::string_view name) {
  std::string text;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
    if (kept) {
      text += c;
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

// Columns that hold the whole moment, the surest first: an epoch needs no zone.
constexpr std::array<std::string_view, 18> kMoments = {
    "unix",     "unix timestamp", "unix time", "epoch",         "timestamp", "timestamp utc",
    "datetime", "datetime utc",   "date time", "date time utc", "open time", "gmt time",
    "date utc", "time utc",       "utc",       "utc time",      "ts",        "t"};
constexpr std::array<std::string_view, 2> kDates = {"date", "day"};

bool is_volume(std::string_view name) {
  return name == "v" || name == "vol" || name == "tickvol" || name.starts_with("vol ") ||
         name.ends_with(" vol") || name.find("volume") != std::string_view::npos;
}

// Every column with one of the names; the order of `wanted` comes first.
template <class Wanted>
std::vector<std::size_t> columns_named(const Names& names, const Wanted& wanted) {
  std::vector<std::size_t> found;
  for (const std::string_view name : wanted) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) found.push_back(i);
    }
  }
  return found;
}

std::vector<std::size_t> columns_named(const Names& names,
                                       std::initializer_list<std::string_view> wanted) {
  return columns_named<std::initializer_list<std::string_view>>(names, wanted);
}

struct Header {
  std::int64_t line = 0;
  char delimiter = ',';
  Names written;
  Names names;    // normalised
  int known = 0;  // of the five columns that a bar needs
};

bool has_time(const Names& names) {
  return !columns_named(names, kMoments).empty() || !columns_named(names, kDates).empty() ||
         !columns_named(names, {"time"}).empty();
}

Header header_of(const CsvRecord& record, char delimiter) {
  Header header{record.line, delimiter, {record.fields.begin(), record.fields.end()}, {}, 0};
  for (const std::string& name : header.written) header.names.push_back(normalised(name));
  header.known = has_time(header.names) ? 1 : 0;
  for (const auto& price : {"open", "high", "low", "close"}) {
    const std::string_view letter(price, 1);
    header.known += columns_named(header.names, {price, letter}).empty() ? 0 : 1;
  }
  return header;
}

// The record that looks most like a header; one that has all five ends the search.
Header best_header(std::string_view text) {
  Header best;
  for (const char delimiter : {',', ';', '\t'}) {
    CsvReader reader(text, delimiter);
    CsvRecord record;
    for (int i = 0; i < kHeaderRecordsMax && best.known < 5 && reader.next(record); ++i) {
      Header header = header_of(record, delimiter);
      if (best.line == 0 || header.known > best.known) best = std::move(header);
    }
  }
  return best;
}

std::string list_of(const Header& header, const std::vector<std::size_t>& columns) {
  Names names;
  for (const std::size_t column : columns) names.push_back("'" + header.written[column] + "'");
  return fmt::format("{}", fmt::join(names, " and "));
}

Result<std::size_t> only_column(const std::string& where, const Header& header,
                                std::string_view name) {
  const auto found = columns_named(header.names, {name, name.substr(0, 1)});
  if (found.empty()) {
    return configuration_error(fmt::format("{}: the header has no '{}' column; it has {}", where,
                                           name, fmt::join(header.written, ", ")));
  }
  if (found.size() > 1) {
    return configuration_error(fmt::format("{}: {} are both the '{}' column; rename one", where,
                                           list_of(header, found), name));
  }
  return found[0];
}

Status find_time(const std::string& where, const Header& header, BarColumns& columns) {
  const auto moments = columns_named(header.names, kMoments);
  const auto dates = columns_named(header.names, kDates);
  const auto clocks = columns_named(header.names, {"time"});
  if (moments.empty() && dates.empty() && clocks.empty()) {
    return configuration_error(
        fmt::format("{}: the header has no date, time, timestamp or unix column; it has {}", where,
                    fmt::join(header.written, ", ")));
  }
  if (!moments.empty()) {
    columns.time = moments[0];
  } else if (!dates.empty()) {
    columns.time = dates[0];
    if (!clocks.empty()) columns.clock = clocks[0];
  } else {
    columns.time = clocks[0];
  }
  return {};
}

Status find_volume(const std::string& where, const Header& header, std::string_view choice,
                   BarColumns& columns) {
  if (!choice.empty()) {
    for (std::size_t i = 0; i < header.names.size(); ++i) {
      if (header.written[i] == choice) columns.volume = i;
    }
    const auto same = columns_named(header.names, {normalised(choice)});
    if (!columns.volume && !same.empty()) columns.volume = same[0];
    if (columns.volume) return {};
    return configuration_error(fmt::format("{}: no column '{}' for --volume; the header has {}",
                                           where, choice, fmt::join(header.written, ", ")));
  }
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < header.names.size(); ++i) {
    if (is_volume(header.names[i])) found.push_back(i);
  }
  if (found.size() > 1) {
    return configuration_error(
        fmt::format("{}: {} are all volumes; choose one, as in --volume '{}'", where,
                    list_of(header, found), header.written[found[0]]));
  }
  if (!found.empty()) columns.volume = found[0];
  return {};
}

}  // namespace

Result<BarColumns> find_bar_columns(std::string_view text, const std::string& file,
                                    std::string_view volume) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return configuration_error(fmt::format("{}: is UTF-16; save it as UTF-8", file));
  }
  const Header header = best_header(text);
  if (header.line == 0) {
    return configuration_error(
        fmt::format("{}: is empty; a bar file has a header line and one line per bar", file));
  }
  if (header.known < 3) {
    return configuration_error(fmt::format(
        "{}: no header in its first {} lines; one line must name a date or time column and open, "
        "high, low, close",
        file, kHeaderRecordsMax));
  }
  BarColumns columns;
  columns.line = header.line;
  columns.delimiter = header.delimiter;
  columns.names = header.written;
  const std::string where = fmt::format("{}:{}", file, header.line);
  if (Status status = find_time(where, header, columns); !status) return status.error();
  const std::array<std::pair<std::string_view, std::size_t*>, 4> prices = {
      {{"open", &columns.open},
       {"high", &columns.high},
       {"low", &columns.low},
       {"close", &columns.close}}};
  for (const auto& [name, column] : prices) {
    const auto found = only_column(where, header, name);
    if (!found) return found.error();
    *column = *found;
  }
  if (Status status = find_volume(where, header, volume, columns); !status) return status.error();
  const auto symbols =
      columns_named(header.names, {"symbol", "ticker", "tic", "pair", "instrument", "name"});
  if (!symbols.empty()) columns.symbol = symbols[0];
  return columns;
}

}  // namespace mendel::market
