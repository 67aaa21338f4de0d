#include <fmt/format.h>

#include <string>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/database/connection.hpp"
#include "shared/store/store.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kDaysMost = 36'600;

Result<database::Field> days(const config::Arguments& arguments, const char* option) {
  if (!arguments.has(option)) return database::Field();
  const Result<std::int64_t> value = arguments.integer(option, 1, kDaysMost);
  if (!value) return value.error();
  return database::Field(database::to_text(*value));
}

// Retention is an act of the operator: it goes into the store's audit log.
void audit(const wiring::Topology& topology, const database::Rows& rows) {
  const Result<store::Store> store = store::Store::open(topology.store());
  if (!store) return;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    config::Value line = config::Value::table();
    line.set("act", "retention");
    line.set("relation", rows.text(i, 0));
    line.set("older_than", rows.text(i, 1));
    line.set("rows", rows.integer(i, 2));
    store->audit(config::to_json(line));
  }
}

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const Result<database::Field> bars = days(arguments, "bars-days");
  if (!bars) return bars.error();
  const Result<database::Field> metrics = days(arguments, "metrics-days");
  if (!metrics) return metrics.error();
  if (!*bars && !*metrics) {
    return configuration_error("say how much is kept: --bars-days or --metrics-days");
  }
  const auto access = DatabaseAccess::open(arguments, *topology, "mendel retention");
  if (!access) return access.error();
  auto connection = database::Connection::open(access->dsn(), {"mendel retention", {}});
  if (!connection) return connection.error();
  const bool real = arguments.flag("yes");
  auto transaction = connection->begin({.statement_timeout_ms = 0});
  if (!transaction) return transaction.error();
  const auto rows = transaction->exec(
      "SELECT relation, older_than AT TIME ZONE 'UTC', rows_gone, coalesce(held_by, '')"
      " FROM mendel.apply_retention($1::integer, $2::integer, $3::boolean)",
      {*bars, *metrics, real ? "false" : "true"});
  if (!rows) return rows.error();
  if (const Status committed = transaction->commit(); !committed) return committed.error();
  std::string held;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    held = rows->text(i, 3);
    fmt::print("{}: {} rows older than {} UTC {}\n", rows->text(i, 0), rows->integer(i, 2),
               rows->text(i, 1), real && held.empty() ? "are gone" : "would go");
  }
  if (!held.empty()) {
    return transient_error(fmt::format(
        "nothing was changed: the run {} is unfinished; resume or cancel it first", held));
  }
  if (real)
    audit(*topology, *rows);
  else
    fmt::print("nothing was changed; --yes does it\n");
  return 0;
}

}  // namespace

Command retention_command() {
  Command command;
  command.spec.name = "mendel retention";
  command.spec.summary = "show what is older than is to be kept in the database, and delete it";
  command.spec.options = {{"bars-days", "n", "days of bars that are kept"},
                          {"metrics-days", "n", "days of scores that are kept"},
                          {"yes", "", "delete; without it nothing is changed"},
                          database_option()};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel retention --bars-days 730",
                           "mendel retention --bars-days 730 --metrics-days 365 --yes"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
