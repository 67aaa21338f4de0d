#include "topology/mendel/backup_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "shared/base/hash.hpp"
#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "topology/mendel/run_list.hpp"

namespace mendel::cli {
namespace {

constexpr std::size_t kManifestBytesMax = 1 << 20;

// What goes into SQL unquoted.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 63 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
         });
}

std::uint64_t number_of(const config::Value& value, std::string_view key) {
  const config::Value* found = value.find(key);
  return found != nullptr && found->is_integer()
             ? static_cast<std::uint64_t>(std::max<std::int64_t>(found->as_integer(), 0))
             : 0;
}

Result<BackedUpTable> table_from(const config::Value& value, const std::string& path) {
  BackedUpTable table;
  table.name = text_of(value, "name");
  table.rows = number_of(value, "rows");
  table.bytes = number_of(value, "bytes");
  table.sha256 = text_of(value, "sha256");
  bool is_good = is_plain_name(table.name);
  const config::Value* columns = value.find("columns");
  if (columns != nullptr && columns->is_array()) {
    for (const config::Value& column : columns->items())
      table.columns.push_back(column.is_text() ? column.as_text() : "");
  }
  is_good = is_good && !table.columns.empty() &&
            std::all_of(table.columns.begin(), table.columns.end(), is_plain_name);
  if (is_good) return table;
  return operator_error(fmt::format("{}: the table \"{}\" is not one that a backup has", path,
                                    config::one_line(table.name)));
}

}  // namespace

std::string to_json(const Manifest& manifest) {
  config::Value value;
  value.set("format", "mendel backup 1");
  value.set("made", format_time(manifest.made_ns));
  value.set("schema_version", manifest.schema_version);
  value.set("database", manifest.database);
  value.set("store_id", manifest.store_id);
  config::Value tables = config::Value::array();
  for (const BackedUpTable& table : manifest.tables) {
    config::Value one;
    one.set("name", table.name);
    config::Value columns = config::Value::array();
    for (const std::string& column : table.columns) columns.push(column);
    one.set("columns", std::move(columns));
    one.set("rows", table.rows);
    one.set("bytes", table.bytes);
    one.set("sha256", table.sha256);
    tables.push(std::move(one));
  }
  value.set("tables", std::move(tables));
  return config::to_json(value, 2) + "\n";
}

Result<Manifest> read_manifest(const std::string& folder) {
  const std::string path = folder + "/" + kManifest;
  const Result<std::string> text = config::read_text_file(path, kManifestBytesMax);
  if (!text) {
    return configuration_error(fmt::format("{}: {}; name a folder that `mendel backup` made",
                                           folder, text.error().message));
  }
  const Result<config::Value> value = config::parse_json(*text, path);
  if (!value) return operator_error(value.error().message);
  if (text_of(*value, "format") != "mendel backup 1")
    return operator_error(fmt::format("{}: not a backup of this format", path));
  Manifest manifest;
  manifest.schema_version = static_cast<int>(number_of(*value, "schema_version"));
  manifest.made_ns = parse_time(text_of(*value, "made")).value_or(0);
  manifest.database = text_of(*value, "database");
  manifest.store_id = text_of(*value, "store_id");
  const config::Value* tables = value->find("tables");
  if (tables == nullptr || !tables->is_array())
    return operator_error(fmt::format("{}: names no tables", path));
  for (const config::Value& one : tables->items()) {
    Result<BackedUpTable> table = table_from(one, path);
    if (!table) return table.error();
    manifest.tables.push_back(*std::move(table));
  }
  return manifest;
}

std::string backup_name(std::int64_t wall_ns) {
  std::string name;
  for (const char c : format_time(wall_ns / kNsPerSecond * kNsPerSecond))
    if (c != '-' && c != ':') name += c;
  return name;
}

std::string table_file(const std::string& table) { return table + ".copy.gz"; }

std::string column_list(const BackedUpTable& table) {
  std::string columns;
  for (const std::string& column : table.columns)
    columns += fmt::format("{}\"{}\"", columns.empty() ? "" : ", ", column);
  return columns;
}

Status measure_file(const std::string& path, BackedUpTable& table) {
  std::ifstream file(path, std::ios::binary);
  Sha256 sum;
  std::string chunk(1 << 20, '\0');
  table.bytes = 0;
  while (file) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    const auto got = static_cast<std::size_t>(file.gcount());
    sum.update(std::string_view(chunk).substr(0, got));
    table.bytes += got;
  }
  if (!file.eof()) return operator_error(fmt::format("{}: cannot be read", path));
  table.sha256 = sum.finish().hex();
  return {};
}

Status check_files(const std::string& folder, const Manifest& manifest) {
  for (const BackedUpTable& table : manifest.tables) {
    const std::string path = folder + "/" + table_file(table.name);
    BackedUpTable found;
    if (Status measured = measure_file(path, found); !measured) return measured;
    if (found.sha256 != table.sha256) {
      return operator_error(fmt::format(
          "{}: {} bytes with another checksum than the manifest says; use another backup", path,
          found.bytes));
    }
  }
  return {};
}

std::vector<std::string> backups_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = name.size() == 16 && name.back() == 'Z' &&
                         std::filesystem::exists(entry.path() / kManifest, failed);
    if (is_ours) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string psql_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace mendel::cli
