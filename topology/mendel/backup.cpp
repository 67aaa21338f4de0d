#include <fmt/format.h>

#include <algorithm>
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

constexpr std::int64_t kKeepMost = 10'000;

// Ordinary tables of ours; what is emptied in the transaction that fills it (unlogged) has nothing
// to keep, and generated columns make themselves.
constexpr const char* kTables =
    "SELECT c.relname, string_agg(a.attname, ',' ORDER BY a.attnum) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "AND a.attgenerated = '' "
    "WHERE n.nspname = 'mendel' AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p' "
    "AND c.relname <> 'schema_version' GROUP BY c.relname ORDER BY c.relname";

Result<Manifest> describe_database(const database::Dsn& dsn) {
  auto connection = database::Connection::open(dsn, {"mendel backup", {}});
  if (!connection) return connection.error();
  if (Status schema = database::check_schema(*connection); !schema) return schema.error();
  Manifest manifest;
  manifest.database = connection->describe();
  manifest.schema_version = database::kSchemaVersion;
  const auto stores = connection->exec("SELECT store_id FROM mendel.store_identity");
  if (!stores) return stores.error();
  if (!stores->empty()) manifest.store_id = std::string(stores->text(0, 0));
  const auto tables = connection->exec(kTables);
  if (!tables) return tables.error();
  for (std::size_t i = 0; i < tables->size(); ++i) {
    BackedUpTable table;
    table.name = std::string(tables->text(i, 0));
    std::string column;
    for (const char c : std::string(tables->text(i, 1)) + ",") {
      if (c != ',')
        column += c;
      else
        table.columns.push_back(std::exchange(column, {}));
    }
    manifest.tables.push_back(std::move(table));
  }
  return manifest;
}

// All tables as of one moment. SET LOCAL: behind a pooler a plain SET would reach other clients.
std::string script_of(const Manifest& manifest, const std::string& folder) {
  std::string script = fmt::format("\\cd {}\n", psql_quoted(folder));
  script += "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;\n";
  script += "SET LOCAL TIME ZONE 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; ";
  script += "SET LOCAL extra_float_digits = 1; SET LOCAL statement_timeout = 0;\n";
  for (const BackedUpTable& table : manifest.tables) {
    script += fmt::format("\\copy (SELECT {} FROM mendel.\"{}\") TO PROGRAM 'gzip -1 > {}'\n",
                          column_list(table), table.name, table_file(table.name));
  }
  return script + "COMMIT;\n";
}

// "COPY 5284", a line a table, in their order.
Status take_counts(const std::string& output, Manifest& manifest) {
  std::size_t next = 0;
  std::size_t at = 0;
  while (at < output.size()) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    const std::string line = output.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("COPY ") || next >= manifest.tables.size()) continue;
    manifest.tables[next++].rows = std::stoull(line.substr(5));
  }
  if (next == manifest.tables.size()) return {};
  return operator_error(fmt::format("psql copied {} of {} tables: {}", next, manifest.tables.size(),
                                    config::one_line(output)));
}

Status copy_out(const database::Dsn& dsn, Manifest& manifest, const std::string& folder) {
  Result<ChildSpec> psql = psql_on(dsn);
  if (!psql) return psql.error();
  const std::string script = folder + "/script.sql";
  if (Status written = store::publish_file(script, script_of(manifest, folder)); !written)
    return written;
  psql->words.insert(psql->words.end(), {"-f", script});
  const Result<ProgramOutput> output = run_program(*psql);
  if (!output) return output.error();
  std::error_code ignored;
  fs::remove(script, ignored);
  if (output->ending.by_signal || output->ending.number != 0) {
    return transient_error(fmt::format("psql {}: {}", describe(output->ending),
                                       config::one_line(database::redact(output->text))));
  }
  if (Status counted = take_counts(output->text, manifest); !counted) return counted;
  for (BackedUpTable& table : manifest.tables) {
    if (Status measured = measure_file(folder + "/" + table_file(table.name), table); !measured)
      return measured;
  }
  return {};
}

void drop_old(const std::string& folder, std::int64_t keep) {
  const std::vector<std::string> names = backups_in(folder);
  for (std::size_t i = 0; i + static_cast<std::size_t>(keep) < names.size(); ++i) {
    std::error_code failed;
    fs::remove_all(folder + "/" + names[i], failed);
    fmt::print("{} {}/{}\n", failed ? "could not remove" : "removed", folder, names[i]);
  }
}

Status make_backup(const database::Dsn& dsn, const std::string& folder, Manifest& manifest) {
  const std::string name = backup_name(manifest.made_ns);
  const std::string beside = folder + "/." + name + ".tmp";
  const std::string whole = folder + "/" + name;
  std::error_code failed;
  fs::create_directories(beside, failed);
  if (failed) {
    return configuration_error(fmt::format("{}: cannot be made ({}); name another folder with --to",
                                           folder, failed.message()));
  }
  fs::permissions(beside, fs::perms::owner_all, failed);
  Status made = copy_out(dsn, manifest, beside);
  if (made) made = store::publish_file(beside + "/" + kManifest, to_json(manifest));
  if (made) {
    fs::rename(beside, whole, failed);
    if (failed) made = operator_error(fmt::format("{}: {}", whole, failed.message()));
  }
  if (!made) fs::remove_all(beside, failed);
  return made;
}

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const auto keep = arguments.integer("keep", 1, kKeepMost);
  if (!keep) return keep.error();
  const auto access = DatabaseAccess::open(arguments, *topology, "mendel backup");
  if (!access) return access.error();
  Result<Manifest> manifest = describe_database(access->dsn());
  if (!manifest) return manifest.error();
  manifest->made_ns = read_clocks().wall_ns;
  std::string folder = arguments.text("to");
  if (folder.empty()) folder = topology->store() + "/backups";
  folder = fs::absolute(folder).lexically_normal().string();
  if (Status made = make_backup(access->dsn(), folder, *manifest); !made) return made.error();
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  for (const BackedUpTable& table : manifest->tables) {
    rows += table.rows;
    bytes += table.bytes;
  }
  fmt::print("{}/{}: {} tables, {} rows, {} bytes\n", folder, backup_name(manifest->made_ns),
             manifest->tables.size(), rows, bytes);
  drop_old(folder, *keep);
  // For monitor, which shows the age; without a store there is nobody to tell.
  if (const auto store = store::Store::open(topology->store()); store) {
    if (Status told = store->note_backup(manifest->made_ns); !told) return told.error();
  }
  return 0;
}

}  // namespace

Command backup_command() {
  Command command;
  command.spec.name = "mendel backup";
  command.spec.summary = "copy the database's contents into files, as of one moment";
  command.spec.options = {
      {"to", "dir", "folder of backups; each gets a folder in it (else <store>/backups)", ""},
      {"keep", "n", "remove all but the latest n of that folder", "7"},
      database_option()};
  for (const config::OptionSpec& option : pipeline_options())
    command.spec.options.push_back(option);
  command.spec.examples = {"mendel backup", "mendel backup --to /mnt/backups --keep 30"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
