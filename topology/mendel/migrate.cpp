#include <fmt/format.h>

#include "shared/base/time.hpp"
#include "shared/database/migrations.hpp"
#include "shared/database/settings.hpp"
#include "shared/store/store.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/local_pipeline.hpp"

namespace mendel::cli {
namespace {

// A role's connections: its pool, and two for whoever looks.
Result<database::RoleLimits> role_limits(const wiring::Topology& topology) {
  const auto lookup = [&](std::string_view key, std::string_view fallback) {
    return topology.setting(key, fallback);
  };
  const auto loader = database::pool_options(lookup, "data_loader");
  if (!loader) return loader.error();
  const auto writer = database::pool_options(lookup, "results_writer");
  if (!writer) return writer.error();
  return database::RoleLimits{loader->connections_max + 2, writer->connections_max + 2};
}

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const auto access = DatabaseAccess::open(arguments, *topology, "mendel migrate");
  if (!access) return access.error();
  const auto migrations = database::read_migrations(root_folder() + "/sql");
  if (!migrations) return migrations.error();
  database::MigrateOptions options;
  options.dry_run = arguments.flag("dry-run");
  if (arguments.flag("roles")) {
    const auto limits = role_limits(*topology);
    if (!limits) return limits.error();
    options.roles = *limits;
  }
  const auto report = database::migrate(access->dsn(), *migrations, options);
  if (!report) return report.error();
  for (const std::string& file : report->applied) {
    fmt::print("{} {}\n", options.dry_run ? "would apply" : "applied", file);
  }
  if (report->applied.empty()) fmt::print("nothing to do\n");
  if (!report->tables.empty()) fmt::print("{}\n", report->tables);
  // Where no `mendel up` prepares the store, this does.
  if (supervised_elsewhere(*topology) && !options.dry_run) {
    const auto store = store::Store::create(topology->store(), read_clocks().wall_ns);
    if (!store) return store.error();
    fmt::print("store {} in {}\n", store->id(), store->path());
  }
  return 0;
}

}  // namespace

Command migrate_command() {
  Command command;
  command.spec.name = "mendel migrate";
  command.spec.summary = "bring the database's schema to this version";
  command.spec.options = {
      {"dry-run", "", "print what would be applied and change nothing"},
      {"roles", "", "make the roles mendel_owner, _migrator, _loader, _writer and _reader"},
      database_option()};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel migrate --dry-run", "mendel migrate"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
