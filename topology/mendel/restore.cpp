#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/database/connection.hpp"
#include "shared/database/migrations.hpp"
#include "shared/store/store.hpp"
#include "topology/mendel/backup_files.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/psql.hpp"

namespace mendel::cli {
namespace {

namespace fs = std::filesystem;

// Stages that are connected would write between the rows that come back.
constexpr const char* kConnected =
    "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name LIKE 'mendel %' AND pid <> pg_backend_pid()";

Status check_empty(database::Connection& connection, const Manifest& manifest) {
  for (const BackedUpTable& table : manifest.tables) {
    const auto rows =
        connection.exec(fmt::format("SELECT 1 FROM mendel.\"{}\" LIMIT 1", table.name));
    if (!rows) return rows.error();
    if (rows->empty()) continue;
    return configuration_error(fmt::format(
        "mendel.{} of {} has rows already: a backup goes into an empty database; make a new one, "
        "or drop the schema (`mendel sql 'DROP SCHEMA mendel CASCADE'`)",
        table.name, connection.describe()));
  }
  return {};
}

Status check_target(const database::Dsn& dsn, const Manifest& manifest, std::string& describe) {
  auto connection = database::Connection::open(dsn, {"mendel restore", {}});
  if (!connection) return connection.error();
  describe = connection->describe();
  const auto connected = connection->exec(kConnected);
  if (!connected) return connected.error();
  if (!connected->empty()) {
    return configuration_error(fmt::format("{} is connected to {}: stop the pipeline first",
                                           connected->text(0, 0), describe));
  }
  return check_empty(*connection, manifest);
}

// All or nothing. The offsets of the logs are among the tables, so that what was recorded after the
// backup is loaded again from the logs.
std::string script_of(const Manifest& manifest, const std::string& folder) {
  std::string script = fmt::format("\\cd {}\nBEGIN;\n", psql_quoted(folder));
  script += "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL statement_timeout = 0; ";
  script += "SET LOCAL idle_in_transaction_session_timeout = 0;\n";
  for (const BackedUpTable& table : manifest.tables) {
    script += fmt::format("\\copy mendel.\"{}\" ({}) FROM PROGRAM 'gzip -dc {}'\n", table.name,
                          column_list(table), table_file(table.name));
  }
  return script + "COMMIT;\n";
}

Status copy_in(const database::Dsn& dsn, const Manifest& manifest, const std::string& folder) {
  Result<ChildSpec> psql = psql_on(dsn);
  if (!psql) return psql.error();
  std::string script = (fs::temp_directory_path() / "mendel-restore-XXXXXX").string();
  if (::mkdtemp(script.data()) == nullptr)
    return transient_error(fmt::format("{}: cannot be made", script));
  const std::string file = script + "/script.sql";
  Status written = store::publish_file(file, script_of(manifest, folder));
  psql->words.insert(psql->words.end(), {"-q", "-f", file});
  const Result<ProgramOutput> output =
      written ? run_program(*psql) : Result<ProgramOutput>(written.error());
  std::error_code ignored;
  fs::remove_all(script, ignored);
  if (!output) return output.error();
  if (!output->ending.by_signal && output->ending.number == 0) return {};
  return transient_error(fmt::format("nothing was restored: psql {}: {}", describe(output->ending),
                                     config::one_line(database::redact(output->text))));
}

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const std::string folder = fs::absolute(arguments.operands().front()).lexically_normal().string();
  const Result<Manifest> manifest = read_manifest(folder);
  if (!manifest) return manifest.error();
  if (manifest->schema_version > database::kSchemaVersion) {
    return configuration_error(
        fmt::format("{} has schema version {}, newer than this program's {}; use a newer one",
                    folder, manifest->schema_version, database::kSchemaVersion));
  }
  if (Status whole = check_files(folder, *manifest); !whole) return whole.error();
  std::uint64_t rows = 0;
  for (const BackedUpTable& table : manifest->tables) {
    fmt::print("{:<20} {} rows\n", table.name, table.rows);
    rows += table.rows;
  }
  if (!arguments.flag("yes")) {
    fmt::print("\nmade {} of {}\nnothing was restored; --yes does it\n",
               format_time(manifest->made_ns), manifest->database);
    return 0;
  }
  const auto access = DatabaseAccess::open_or_make(arguments, *topology, "mendel restore");
  if (!access) return access.error();
  const auto files = database::read_migrations(root_folder() + "/sql");
  if (!files) return files.error();
  const auto migrated = database::migrate(access->dsn(), *files, {});
  if (!migrated) return migrated.error();
  std::string target;
  if (Status free = check_target(access->dsn(), *manifest, target); !free) return free.error();
  if (Status copied = copy_in(access->dsn(), *manifest, folder); !copied) return copied.error();
  fmt::print("\n{} rows of {} are in {}\n", rows, format_time(manifest->made_ns), target);
  if (!manifest->store_id.empty()) {
    fmt::print(
        "it belongs to store {}: a pipeline on that store loads what it recorded since; "
        "`mendel verify RUN` proves it\n",
        manifest->store_id);
  }
  return 0;
}

}  // namespace

Command restore_command() {
  Command command;
  command.spec.name = "mendel restore";
  command.spec.summary = "load a backup into an empty database, all or nothing";
  command.spec.operands = {"FOLDER"};
  command.spec.options = {{"yes", "", "do it; without it, only show what would be loaded"},
                          database_option()};
  for (const config::OptionSpec& option : pipeline_options())
    command.spec.options.push_back(option);
  command.spec.examples = {"mendel restore /mnt/backups/20261122T204500Z",
                           "mendel restore /mnt/backups/20261122T204500Z --yes"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
