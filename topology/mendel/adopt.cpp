#include <fmt/format.h>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/store/store.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/pairing.hpp"

namespace mendel::cli {
namespace {

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const Result<store::Store> store = store::Store::open(topology->store());
  if (!store) return store.error();
  Result<DatabaseAccess> access = DatabaseAccess::open(arguments, *topology, "mendel adopt");
  if (!access) return access.error();
  Result<database::Connection> connection =
      database::Connection::open(access->dsn(), {"mendel adopt", [] { return interrupts() > 0; }});
  if (!connection) return connection.error();
  const Result<Pairing> pairing = read_pairing(*store, *connection);
  if (!pairing) return pairing.error();
  fmt::print("{}", pairing_text(*pairing));
  if (pairing->fits()) return 0;
  if (!arguments.flag("yes")) {
    fmt::print("\nnothing was changed; --yes pairs them\n");
    return 0;
  }
  if (Status paired = pair_anew(*pairing, *connection); !paired) return paired.error();
  config::Value line = config::Value::table();
  line.set("at", format_time(read_clocks().wall_ns));
  line.set("action", "adopt");
  const config::Value both = pairing_value(*pairing);
  for (const auto& [key, value] : both.entries()) line.set(key, value);
  store->audit(config::to_json(line));
  fmt::print("\nthey are paired; stages that ended because of it can be started again\n");
  return 0;
}

}  // namespace

Command adopt_command() {
  Command command;
  command.spec.name = "mendel adopt";
  command.spec.summary = "pair a store and a database anew, after showing both sides";
  command.spec.options = {{"yes", "", "pair them; without it they are only shown"},
                          database_option()};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel adopt", "mendel adopt --yes"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
