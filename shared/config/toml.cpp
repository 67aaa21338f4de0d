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

}  // namespace

Result<Value> parse_toml(std::string_view text, std::string_view file) {
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
