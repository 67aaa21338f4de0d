#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "shared/config/value.hpp"

namespace mendel::config {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kNestingMax = 64;
constexpr std::size_t kDocumentBytesMax = 64 << 20;

Value from(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return Value(json.get<bool>());
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return Value(json.get<std::int64_t>());
    case Json::value_t::number_float:
      return Value(json.get<double>());
    case Json::value_t::string:
      return Value(json.get<std::string>());
    case Json::value_t::array: {
      Value value = Value::array();
      for (const auto& item : json) value.push(from(item));
      return value;
    }
    case Json::value_t::object: {
      Value value = Value::table();
      for (const auto& [key, item] : json.items()) value.set(key, from(item));
      return value;
    }
    default:
      return Value();
  }
}

Json to(const Value& value) {
  if (value.is_bool()) return value.as_bool();
  if (value.is_integer()) return value.as_integer();
  if (value.is_number()) {
    return std::isfinite(value.as_number()) ? Json(value.as_number()) : Json();
  }
  if (value.is_text()) return value.as_text();
  if (value.is_array()) {
    Json json = Json::array();
    for (const Value& item : value.items()) json.push_back(to(item));
    return json;
  }
  if (value.is_table()) {
    Json json = Json::object();
    for (const auto& [key, item] : value.entries()) json[key] = to(item);
    return json;
  }
  return Json();
}

}  // namespace

Result<Value> parse_json(std::string_view text, std::string_view what) {
  if (text.size() > kDocumentBytesMax) {
    return configuration_error(fmt::format("{}: JSON document too large", what));
  }
  bool too_deep = false;
  auto watch_depth = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kNestingMax;
    return !too_deep;
  };
  const Json json = Json::parse(text, watch_depth, /*allow_exceptions=*/false);
  if (too_deep || json.is_discarded()) {
    return configuration_error(
        fmt::format("{}: not a JSON document{}", what, too_deep ? " (nested too deep)" : ""));
  }
  return from(json);
}

std::string to_json(const Value& value, int indent) {
  return to(value).dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mendel::config
