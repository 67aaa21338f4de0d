#include "shared/database/migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "shared/base/hash.hpp"

namespace mendel::database {
namespace {

namespace fs = std::filesystem;

constexpr const char* kApplication = "mendel migrate";
// "mendel" in ASCII: the key of the advisory lock.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(120321562273132)";
constexpr const char* kVersionTable =
    "CREATE SCHEMA IF NOT EXISTS mendel;"
    "CREATE TABLE IF NOT EXISTS mendel.schema_version ("
    "  number integer PRIMARY KEY, file text NOT NULL, checksum text NOT NULL,"
    "  applied_at timestamptz NOT NULL DEFAULT now())";

bool is_migration_name(const std::string& name) {
  return name.size() > 9 && name.ends_with(".sql") && name[4] == '_' &&
         std::all_of(name.begin(), name.begin() + 4,
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return configuration_error(path.string() + ": cannot be read");
  return text.str();
}

// The checksums of what is applied, in order; empty when there is no schema yet.
Result<std::vector<std::string>> applied_checksums(Transaction& transaction) {
  const auto present = transaction.exec("SELECT to_regclass('mendel.schema_version') IS NOT NULL");
  if (!present) return present.error();
  if (present->text(0, 0) != "t") return std::vector<std::string>{};
  const auto rows = transaction.exec("SELECT checksum FROM mendel.schema_version ORDER BY number");
  if (!rows) return rows.error();
  std::vector<std::string> checksums;
  for (std::size_t i = 0; i < rows->size(); ++i) checksums.emplace_back(rows->text(i, 0));
  return checksums;
}

Status compare(const std::vector<std::string>& applied, const std::vector<Migration>& migrations) {
  if (applied.size() > migrations.size()) {
    return operator_error(fmt::format(
        "the database is at schema version {}, this program knows {}: use a newer mendel",
        applied.size(), migrations.size()));
  }
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (applied[i] != migrations[i].checksum) {
      return operator_error(
          fmt::format("{} was changed after it was applied to this database: restore the file, and "
                      "write what is "
                      "new into a further one",
                      migrations[i].file));
    }
  }
  return {};
}

// Applies the next migration. false: there was nothing left.
Result<bool> apply_next(Connection& connection, const std::vector<Migration>& migrations,
                        std::vector<std::string>& applied) {
  auto transaction = connection.begin({.statement_timeout_ms = 0, .lock_timeout_ms = 120'000});
  if (!transaction) return transaction.error();
  for (const char* statement : {kLock, kVersionTable}) {
    const auto done = transaction->exec(statement);
    if (!done) return done.error();
  }
  const auto present = applied_checksums(*transaction);
  if (!present) return present.error();
  const Status same = compare(*present, migrations);
  if (!same) return same.error();
  if (present->size() == migrations.size()) return false;
  const Migration& next = migrations[present->size()];
  const auto done = transaction->exec(next.sql);
  if (!done) return Error{next.file + ": " + done.error().message, done.error().kind};
  const auto recorded = transaction->exec(
      "INSERT INTO mendel.schema_version (number, file, checksum) VALUES ($1, $2, $3)",
      {to_text(std::int64_t{next.number}), next.file, next.checksum});
  if (!recorded) return recorded.error();
  const Status committed = transaction->commit();
  if (!committed) return committed.error();
  applied.push_back(next.file);
  return true;
}

Result<MigrationReport> plan(Connection& connection, const std::vector<Migration>& migrations) {
  auto transaction = connection.begin();
  if (!transaction) return transaction.error();
  const auto present = applied_checksums(*transaction);
  if (!present) return present.error();
  const Status same = compare(*present, migrations);
  if (!same) return same.error();
  MigrationReport report;
  for (std::size_t i = present->size(); i < migrations.size(); ++i) {
    report.applied.push_back(migrations[i].file);
  }
  return report;
}

// Asked and tried on a connection of its own: CREATE EXTENSION without preload is FATAL and closes
// it. A role that may not read shared_preload_libraries finds out by trying.
Result<Timescale> enable_timescale(const Dsn& dsn) {
  auto connection = Connection::open(dsn, {kApplication, {}});
  if (!connection) return connection.error();
  const auto probe = connection->exec(
      "SELECT installed_version IS NOT NULL,"
      "  coalesce((SELECT setting LIKE '%timescaledb%' FROM pg_settings"
      "            WHERE name = 'shared_preload_libraries'), true)"
      " FROM pg_available_extensions WHERE name = 'timescaledb'");
  if (!probe) return probe.error();
  if (probe->empty()) return Timescale::absent;
  if (probe->text(0, 0) == "t") return Timescale::installed;
  if (probe->text(0, 1) != "t") return Timescale::absent;
  const auto created = connection->exec("CREATE EXTENSION IF NOT EXISTS timescaledb");
  return created ? Timescale::installed : Timescale::available;
}

// Each time, not as a migration: the extension may have come after the tables.
Status make_hypertables(Connection& connection) {
  auto transaction = connection.begin({.statement_timeout_ms = 0, .lock_timeout_ms = 120'000});
  if (!transaction) return transaction.error();
  for (const char* statement : {kLock, "SELECT mendel.make_hypertables()"}) {
    const auto done = transaction->exec(statement);
    if (!done) return done.error();
  }
  return transaction->commit();
}

std::string describe(Timescale timescale) {
  switch (timescale) {
    case Timescale::installed:
      return "TimescaleDB: market_data and strategy_metrics are hypertables";
    case Timescale::available:
      return "TimescaleDB is offered but could not be enabled: plain tables";
    case Timescale::absent:
      break;
  }
  return "no TimescaleDB: plain tables";
}

}  // namespace

Result<std::vector<Migration>> read_migrations(const std::string& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".sql") paths.push_back(entry.path());
  }
  if (error || paths.empty()) return configuration_error(folder + ": no migrations (*.sql) there");
  std::sort(paths.begin(), paths.end());
  std::vector<Migration> migrations;
  for (const fs::path& path : paths) {
    const std::string name = path.filename().string();
    const int expected = static_cast<int>(migrations.size()) + 1;
    if (!is_migration_name(name) || std::stoi(name.substr(0, 4)) != expected) {
      return configuration_error(
          fmt::format("{}: migrations are named NNNN_noun.sql without gaps; {:04d}_… was expected",
                      path.string(), expected));
    }
    Result<std::string> sql = read_file(path);
    if (!sql) return sql.error();
    const std::string checksum = sha256(*sql).hex();
    migrations.push_back({expected, name, std::move(*sql), checksum});
  }
  return migrations;
}

Result<MigrationReport> migrate(const Dsn& dsn, const std::vector<Migration>& migrations,
                                bool dry_run) {
  auto connection = Connection::open(dsn, {kApplication, {}});
  if (!connection) return connection.error();
  if (dry_run) return plan(*connection, migrations);
  const auto timescale = enable_timescale(dsn);
  if (!timescale) return timescale.error();
  MigrationReport report;
  for (;;) {
    const auto more = apply_next(*connection, migrations, report.applied);
    if (!more) return more.error();
    if (!*more) break;
  }
  if (*timescale == Timescale::installed) {
    const Status made = make_hypertables(*connection);
    if (!made) return made.error();
  }
  report.tables = describe(*timescale);
  return report;
}

Status check_schema(Connection& connection) {
  const auto present = connection.exec("SELECT to_regclass('mendel.schema_version') IS NOT NULL");
  if (!present) return present.error();
  std::int64_t version = 0;
  if (present->text(0, 0) == "t") {
    const auto highest = connection.exec("SELECT max(number) FROM mendel.schema_version");
    if (!highest) return highest.error();
    version = highest->integer(0, 0);
  }
  if (version >= kSchemaVersion) return {};
  return transient_error(fmt::format("{} has schema version {}, {} is needed: run mendel migrate",
                                     connection.describe(), version, kSchemaVersion));
}

}  // namespace mendel::database
