#include <fmt/format.h>

#include <algorithm>
#include <sstream>

// toml++ asserts where a file can be wrong (a time that does not begin with a digit, as in
// 2021-01-01Tx) and handles it as an error right after: without the assertion nothing aborts.
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#include <toml++/toml.h>

#include "shared/config/value.hpp"

namespace mendel::config {
namespace {

std::string date_text(const toml::date& date) {
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string date_time_text(const toml::date_time& moment) {
  std::ostringstream text;
  text << moment;
  return text.str();
}

Value convert(const toml::node& node) {
  Value value;
  if (const auto* table = node.as_table()) {
    value = Value::table();
    for (const auto& [key, child] : *table) value.set(key.str(), convert(child));
    // toml++ sorts keys; the order in the file is the order of their places.
    auto by_place = [](const auto& a, const auto& b) {
      return std::pair(a.second.place.line, a.second.place.column) <
             std::pair(b.second.place.line, b.second.place.column);
    };
    std::stable_sort(value.entries().begin(), value.entries().end(), by_place);
  } else if (const auto* array = node.as_array()) {
    value = Value::array();
    for (const auto& child : *array) value.push(convert(child));
  } else if (const auto* text = node.as_string()) {
    value = Value(text->get());
  } else if (const auto* integer = node.as_integer()) {
    value = Value(integer->get());
  } else if (const auto* real = node.as_floating_point()) {
    value = Value(real->get());
  } else if (const auto* boolean = node.as_boolean()) {
    value = Value(boolean->get());
  } else if (const auto* date = node.as_date()) {
    value = Value(date_text(date->get()));
  } else if (const auto* moment = node.as_date_time()) {
    value = Value(date_time_text(moment->get()));
  }
  value.place = {static_cast<int>(node.source().begin.line),
                 static_cast<int>(node.source().begin.column)};
  return value;
}

// Every segment of a dotted key is a table in a table, which the parser and everybody behind it
// walk recursively; its own nesting limit counts values only. 16 deep is more than any experiment
// is.
constexpr int kKeySegmentsMax = 16;

// Passes over a string that begins at `at` (on its quote); returns the index behind it. A string
// that is not ended stops at its line or the text's end, where the parser stops too.
std::size_t behind_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string triple(3, quote);
  const bool is_long = text.substr(at, 3) == triple;
  for (at += is_long ? 3 : 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (is_long ? text.substr(at, 3) == triple : text[at] == quote) {
      at += is_long ? 3 : 1;
      // A long string may end with two quotes of its own before the three that end it.
      for (int own = 0; is_long && own < 2 && at < text.size() && text[at] == quote; ++own) ++at;
      return at;
    } else if (!is_long && text[at] == '\n') {
      return at;
    }
  }
  return text.size();
}

Status check_key_depth(std::string_view text, std::string_view file) {
  int line = 1;
  int segments = 1;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      const std::size_t end = behind_string(text, at);
      line += static_cast<int>(std::count(text.begin() + at, text.begin() + end, '\n'));
      at = end;
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '.' && ++segments > kKeySegmentsMax) {
      return configuration_error(fmt::format(
          "{}:{}: a key of more than {} segments; nest less deep", file, line, kKeySegmentsMax));
    }
    if (std::string_view("=,[]{}\n").find(c) != std::string_view::npos) segments = 1;
    if (c == '\n') ++line;
    ++at;
  }
  return {};
}

}  // namespace

Result<Value> parse_toml(std::string_view text, std::string_view file) {
  if (Status shallow = check_key_depth(text, file); !shallow) return shallow.error();
  toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    const auto& error = parsed.error();
    return configuration_error(fmt::format("{}:{}:{}: {}", file, error.source().begin.line,
                                           error.source().begin.column,
                                           std::string(error.description())));
  }
  return convert(parsed.table());
}

}  // namespace mendel::config
