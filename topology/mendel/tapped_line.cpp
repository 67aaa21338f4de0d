#include "topology/mendel/tapped_line.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "shared/config/value.hpp"
#include "shared/wire/codec.hpp"
#include "shared/wiring/edges.hpp"

namespace mendel::cli {
namespace {

constexpr std::size_t kLineBytesMax = 200;
constexpr std::size_t kTextBytesMax = 40;  // of one field

std::string brief(const config::Value& value) {
  if (value.is_array()) return fmt::format("[{}]", value.items().size());
  if (value.is_table()) return fmt::format("{{{}}}", value.entries().size());
  std::string text = value.is_text() ? value.as_text() : config::to_json(value);
  std::replace(text.begin(), text.end(), '\n', ' ');
  if (text.size() > kTextBytesMax) text = text.substr(0, kTextBytesMax - 2) + "..";
  return text;
}

config::Value document_of(const runtime::TapListener::Tapped& tapped) {
  if (!tapped.message) {
    config::Value document;
    document.set("error", tapped.message.error().message);
    return document;
  }
  Result<config::Value> document = config::parse_json(wire::to_json(*tapped.message), "message");
  return document ? std::move(*document) : config::Value::table();
}

}  // namespace

Result<std::vector<std::string>> tap_prefixes(const std::string& name) {
  if (name.empty()) return std::vector<std::string>{""};
  if (const auto edge = wiring::edge_from(name); edge && *edge != wiring::Edge::taps) {
    return std::vector<std::string>{fmt::format("copy.{}.", name)};
  }
  std::vector<std::string> known;
  known.reserve(wiring::kStages.size() + wiring::edges().size());
  for (const std::string_view stage : wiring::kStages) known.emplace_back(stage);
  if (std::find(known.begin(), known.end(), name) != known.end()) {
    std::vector<std::string> prefixes = {fmt::format("stat.{}.", name)};
    for (const wiring::EdgeSpec& edge : wiring::edges()) {
      if (edge.from == name) prefixes.push_back(fmt::format("copy.{}.{}.", edge.name, name));
    }
    return prefixes;
  }
  for (const wiring::EdgeSpec& edge : wiring::edges()) known.emplace_back(edge.name);
  return configuration_error(fmt::format("mendel tap: '{}' is no stage and no edge{}", name,
                                         config::suggestion(name, known)));
}

std::string tapped_json(const runtime::TapListener::Tapped& tapped) {
  config::Value line;
  line.set("topic", tapped.topic);
  const config::Value document = document_of(tapped);
  for (const auto& [key, value] : document.entries()) line.set(key, value);
  return config::to_json(line);
}

std::string tapped_text(const runtime::TapListener::Tapped& tapped) {
  const config::Value document = document_of(tapped);
  std::string kind = "-";
  std::string fields;
  for (const auto& [key, value] : document.entries()) {
    if (key == "message") {
      kind = value.as_text();
    } else if (!value.is_text() || !value.as_text().empty()) {
      fields += fmt::format(" {}={}", key, brief(value));
    }
  }
  std::string line = fmt::format("{:<34} {:<17}{}", tapped.topic, kind, fields);
  if (line.size() > kLineBytesMax) line = line.substr(0, kLineBytesMax - 2) + "..";
  return config::one_line(std::move(line));
}

}  // namespace mendel::cli
