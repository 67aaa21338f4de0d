#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <iterator>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/database/connection.hpp"
#include "shared/durable_log/log.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/garbage.hpp"
#include "topology/mendel/interrupt.hpp"

namespace mendel::cli {
namespace {

// What the database knows of this store's runs; another store's database knows nothing of them.
Result<Catalogue> read_catalogue(const store::Store& store, database::Connection& connection) {
  const auto paired = connection.exec("SELECT store_id FROM mendel.store_identity");
  if (!paired) return paired.error();
  if (!paired->empty() && paired->text(0, 0) != store.id()) {
    return operator_error(fmt::format(
        "{} belongs to store {}, but this store is {}: mount the right store, or pair them anew "
        "with 'mendel adopt'",
        connection.describe(), paired->text(0, 0), store.id()));
  }
  Catalogue catalogue;
  const auto runs = connection.exec("SELECT run FROM mendel.runs");
  if (!runs) return runs.error();
  for (std::size_t i = 0; i < runs->size(); ++i) catalogue.runs.emplace(runs->text(i, 0));
  const auto offset = connection.exec(
      "SELECT segment, \"offset\" FROM mendel.log_offsets WHERE store_id = $1 AND log = 'scores' "
      "ORDER BY segment COLLATE \"C\" DESC LIMIT 1",
      {store.id()});
  if (!offset) return offset.error();
  durable_log::Position stored;
  if (!offset->empty()) {
    stored = {std::string(offset->text(0, 0)), static_cast<std::uint64_t>(offset->integer(0, 1))};
  }
  catalogue.is_drained = durable_log::bytes_behind(store.log_path("scores"), stored) == 0;
  return catalogue;
}

void audit(const store::Store& store, const std::vector<Garbage>& garbage) {
  std::array<std::int64_t, std::size(kGarbageNames)> counts{};
  std::uint64_t bytes = 0;
  for (const Garbage& one : garbage) {
    ++counts[static_cast<std::size_t>(one.kind)];
    bytes += one.bytes;
  }
  config::Value line;
  line.set("at", format_time(read_clocks().wall_ns));
  line.set("action", "gc");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    line.set(fmt::format("{}s", kGarbageNames[i]), counts[i]);
  }
  line.set("bytes", bytes);
  store.audit(config::to_json(line));
}

Result<int> run(const config::Arguments& arguments) {
  if (arguments.flag("yes") && arguments.flag("dry-run"))
    return configuration_error("--yes and --dry-run: leave one of them out");
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const Result<store::Store> store = store::Store::open(topology->store());
  if (!store) return store.error();
  Result<DatabaseAccess> access = DatabaseAccess::open(arguments, *topology, "mendel gc");
  if (!access) return access.error();
  Result<database::Connection> connection =
      database::Connection::open(access->dsn(), {"mendel gc", [] { return interrupts() > 0; }});
  if (!connection) return connection.error();
  const Result<Catalogue> catalogue = read_catalogue(*store, *connection);
  if (!catalogue) return catalogue.error();
  const auto found = find_garbage(*store, *catalogue, read_clocks().wall_ns);
  if (!found) return found.error();
  fmt::print("{}", garbage_text(*found));
  if (found->all.empty()) return 0;
  if (!arguments.flag("yes")) {
    fmt::print("nothing was removed; --yes removes it\n");
    return 0;
  }
  const Status removed = remove_garbage(*store, found->all);
  audit(*store, found->all);
  if (!removed) return removed.error();
  fmt::print("removed\n");
  return 0;
}

}  // namespace

Command gc_command() {
  Command command;
  command.spec.name = "mendel gc";
  command.spec.summary = "remove from the store what nothing refers to any more";
  command.spec.options = {{"dry-run", "", "only show it; so it is without it, too"},
                          {"yes", "", "remove it"},
                          database_option()};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel gc", "mendel gc --yes"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
