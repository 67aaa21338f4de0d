// Migrations: sql/NNNN_noun.sql, forward only, applied in order, each in its own transaction and
// recorded with its checksum in mendel.schema_version. Two at once are safe: each transaction takes
// one advisory lock first.
// Threads: any.
#pragma once

#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/database/connection.hpp"

namespace mendel::database {

// The number of the newest file in sql/: stages wait for it.
inline constexpr int kSchemaVersion = 5;

struct Migration {
  int number = 0;
  std::string file;  // "0001_market.sql"
  std::string sql;
  std::string checksum;  // SHA-256 of the file, hex
};

// All files of the folder, ascending. A name of another form, a gap or a double number is a
// configuration error.
Result<std::vector<Migration>> read_migrations(const std::string& folder);

// What TimescaleDB is to this database.
enum class Timescale { absent, available, installed };

struct MigrationReport {
  std::vector<std::string> applied;  // files; with dry_run: that would be
  std::string tables;                // one line: plain tables, or hypertables
};

// Brings the database to the newest version. An applied file whose content has changed since, or a
// database newer than the files, is an operator error.
Result<MigrationReport> migrate(const Dsn& dsn, const std::vector<Migration>& migrations,
                                bool dry_run);

// Ok when the schema is there and at least kSchemaVersion; else a transient error that says to run
// `mendel migrate`.
Status check_schema(Connection& connection);

}  // namespace mendel::database
