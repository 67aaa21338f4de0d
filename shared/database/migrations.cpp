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
// Where the roles are made, everything is the owner's. SET LOCAL is safe through a pooler.
constexpr const char* kActAsOwner =
    "DO $$ BEGIN"
    "  IF EXISTS (SELECT FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner"
    "             WHERE n.nspname = 'mendel' AND r.rolname = 'mendel_owner')"
    "    AND pg_has_role(current_user, 'mendel_owner', 'MEMBER') THEN"
    "    SET LOCAL ROLE mendel_owner;"
    "  END IF;"
    "END $$";
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
  for (const char* statement : {kLock, kActAsOwner, kVersionTable}) {
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

// Tried on a connection of its own: CREATE EXTENSION without preload is FATAL and closes it. A role
// that may not read shared_preload_libraries finds out by trying; one that may not create
// extensions works with plain tables.
Status enable_timescale(const Dsn& dsn) {
  auto connection = Connection::open(dsn, {kApplication, {}});
  if (!connection) return connection.error();
  const auto probe = connection->exec(
      "SELECT installed_version IS NULL AND"
      "  coalesce((SELECT setting LIKE '%timescaledb%' FROM pg_settings"
      "            WHERE name = 'shared_preload_libraries'), true)"
      " FROM pg_available_extensions WHERE name = 'timescaledb'");
  if (!probe) return probe.error();
  if (probe->empty() || probe->text(0, 0) != "t") return {};
  (void)connection->exec("CREATE EXTENSION IF NOT EXISTS timescaledb");
  return {};
}

// Each in a transaction of its own, with what it needs before: safe to run twice at once.
Status run_locked(Connection& connection, const std::vector<std::string>& statements) {
  auto transaction = connection.begin({.statement_timeout_ms = 0, .lock_timeout_ms = 120'000});
  if (!transaction) return transaction.error();
  if (const auto locked = transaction->exec(kLock); !locked) return locked.error();
  for (const std::string& statement : statements) {
    const auto done = transaction->exec(statement);
    if (!done) return done.error();
  }
  return transaction->commit();
}

// Each time, not as a migration: the extension may have come after the tables, or roles be wanted.
Status finish(Connection& connection, Timescale timescale, const MigrateOptions& options) {
  if (timescale != Timescale::absent) {
    Status made = run_locked(connection, {kActAsOwner, "SELECT mendel.make_hypertables()"});
    if (!made) return made;
  }
  if (!options.roles) return {};
  const Status made =
      run_locked(connection, {fmt::format("SELECT mendel.make_roles({}, {})", options.roles->loader,
                                          options.roles->writer),
                              "SELECT mendel.own_everything()"});
  return made ? Status{} : Status(Error{"roles: " + made.error().message, made.error().kind});
}

std::string describe(Timescale timescale) {
  constexpr const char* kHypertables =
      "market_data (chunks of 7 days, of a year where bars are daily) and strategy_metrics (30 "
      "days) are hypertables";
  switch (timescale) {
    case Timescale::apache:
      return fmt::format("TimescaleDB (Apache edition: no compression): {}", kHypertables);
    case Timescale::timescale:
      return fmt::format("TimescaleDB: {}, compressed after 90 days", kHypertables);
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

Result<Timescale> probe_timescale(const Dsn& dsn) {
  auto connection = Connection::open(dsn, {kApplication, {}});
  if (!connection) return connection.error();
  const auto installed =
      connection->exec("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'");
  if (!installed) return installed.error();
  if (installed->integer(0, 0) == 0) return Timescale::absent;
  const auto license = connection->exec("SELECT current_setting('timescaledb.license', true)");
  if (!license) return license.error();
  return license->text(0, 0) == "timescale" ? Timescale::timescale : Timescale::apache;
}

Result<MigrationReport> migrate(const Dsn& given, const std::vector<Migration>& migrations,
                                const MigrateOptions& options) {
  Dsn dsn = given;
  dsn.mode = Mode::direct;
  auto connection = Connection::open(dsn, {kApplication, {}});
  if (!connection) return connection.error();
  if (options.dry_run) return plan(*connection, migrations);
  if (Status tried = enable_timescale(dsn); !tried) return tried.error();
  const auto timescale = probe_timescale(dsn);
  if (!timescale) return timescale.error();
  MigrationReport report;
  for (;;) {
    const auto more = apply_next(*connection, migrations, report.applied);
    if (!more) return more.error();
    if (!*more) break;
  }
  if (Status finished = finish(*connection, *timescale, options); !finished) {
    return finished.error();
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
