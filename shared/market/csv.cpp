#include "shared/market/csv.hpp"

#include <algorithm>

namespace mendel::market {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view take_line(std::string_view& rest, char line_end) {
  const std::size_t end = std::min(rest.find(line_end), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  if (!text.empty() && text.front() > ' ' && text.back() > ' ') return text;
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

char csv_line_end(std::string_view text) {
  const bool old_mac =
      text.find('\n') == std::string_view::npos && text.find('\r') != std::string_view::npos;
  return old_mac ? '\r' : '\n';
}

CsvReader::CsvReader(std::string_view text, char delimiter)
    : rest_(text), delimiter_(delimiter), line_end_(csv_line_end(text)) {
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

bool CsvReader::next(CsvRecord& record) {
  record.fields.clear();
  record.malformed = {};
  unquoted_.clear();
  while (!rest_.empty()) {
    const std::string_view line = take_line(rest_, line_end_);
    ++line_;
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    record.line = line_;
    if (line.size() > kCsvLineBytesMax) {
      record.malformed = "the line is too long";
    } else {
      split(line, record);
    }
    return true;
  }
  return false;
}

void CsvReader::split(std::string_view line, CsvRecord& record) {
  if (line.find('"') == std::string_view::npos) return split_unquoted(line, record);
  for (bool more = true; more;) {
    std::string_view field;
    if (record.fields.size() == kCsvFieldsMax) {
      record.malformed = "too many fields";
    } else if (!take_field(line, field)) {
      record.malformed = "malformed quotes";
    }
    if (!record.malformed.empty()) {
      record.fields.clear();
      return;
    }
    record.fields.push_back(field);
    more = !line.empty();
    if (more) line.remove_prefix(1);  // the delimiter
  }
}

// Of most lines: the fields are short, a search of its own for each costs more than a walk.
void CsvReader::split_unquoted(std::string_view line, CsvRecord& record) const {
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= line.size(); ++at) {
    if (at < line.size() && line[at] != delimiter_) continue;
    if (record.fields.size() == kCsvFieldsMax) {
      record.malformed = "too many fields";
      record.fields.clear();
      return;
    }
    record.fields.push_back(trimmed(line.substr(begin, at - begin)));
    begin = at + 1;
  }
}

bool CsvReader::take_field(std::string_view& line, std::string_view& field) {
  const std::size_t quote = line.find_first_not_of(delimiter_ == '\t' ? " " : " \t");
  if (quote == std::string_view::npos || line[quote] != '"') {
    const std::size_t end = std::min(line.find(delimiter_), line.size());
    field = trimmed(line.substr(0, end));
    line.remove_prefix(end);
    return field.find('"') == std::string_view::npos;
  }
  line.remove_prefix(quote + 1);
  std::size_t end = line.find('"');
  bool doubled = false;
  while (end != std::string_view::npos && end + 1 < line.size() && line[end + 1] == '"') {
    doubled = true;
    end = line.find('"', end + 2);
  }
  if (end == std::string_view::npos) return false;
  field = line.substr(0, end);
  line.remove_prefix(end + 1);
  if (doubled) {
    std::string& text = unquoted_.emplace_back();
    for (std::size_t i = 0; i < field.size(); i += field[i] == '"' ? 2 : 1) text += field[i];
    field = text;
  }
  const std::size_t next = std::min(line.find(delimiter_), line.size());
  const bool clean = trimmed(line.substr(0, next)).empty();
  line.remove_prefix(next);
  return clean;
}

}  // namespace mendel::market
