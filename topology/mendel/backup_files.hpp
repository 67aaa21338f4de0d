// BackupFiles: a backup of the database's contents: a folder with one compressed file a table and a
// manifest. It is made of rows and not of the server's own catalogue, so that it fits another
// PostgreSQL, with or without TimescaleDB, and a later schema.
//
//   <folder>/20261122T204500Z/manifest.json, market_data.copy.gz, …
// Threads: the main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/result.hpp"

namespace mendel::cli {

inline constexpr const char* kManifest = "manifest.json";

struct BackedUpTable {
  std::string name;  // "market_data", in schema mendel
  std::vector<std::string> columns;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  // of the file
  std::string sha256;
};

struct Manifest {
  int schema_version = 0;
  std::int64_t made_ns = 0;
  std::string database;  // "database "mendel" on host …", without secrets
  std::string store_id;  // that the database is paired with, "" = none
  std::vector<BackedUpTable> tables;
};

std::string to_json(const Manifest& manifest);
// Errors name the file: missing, not one of ours, a table or column that is no plain name.
Result<Manifest> read_manifest(const std::string& folder);

// "20261122T204500Z".
std::string backup_name(std::int64_t wall_ns);
std::string table_file(const std::string& table);
// "a", "b": quoted, for SQL.
std::string column_list(const BackedUpTable& table);
// SHA-256 and size of a file.
Status measure_file(const std::string& path, BackedUpTable& table);
// Every file is there and has the checksum of the manifest.
Status check_files(const std::string& folder, const Manifest& manifest);

// Whole backups in `folder`, oldest first.
std::vector<std::string> backups_in(const std::string& folder);

// Quoted for psql's \copy and \cd: 'it''s'.
std::string psql_quoted(const std::string& text);

}  // namespace mendel::cli
