#include <fmt/format.h>

#include <string>

#include "shared/base/ids.hpp"
#include "shared/store/store.hpp"
#include "topology/mendel/archived_log.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/dispatcher_access.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/run_list.hpp"
#include "topology/mendel/verification.hpp"

namespace mendel::cli {
namespace {

// A whole id needs nobody who knows the run: log and database may outlive what the store keeps.
Result<std::string> run_named(const wiring::Topology& topology, const std::string& word) {
  if (is_ulid(word)) return word;
  Result<DispatcherAccess> dispatcher = DispatcherAccess::open(topology);
  if (!dispatcher) return dispatcher.error();
  const Result<config::Value> runs = dispatcher->list();
  if (!runs) return runs.error();
  return resolve_run(*runs, word);
}

Result<int> run(const config::Arguments& arguments) {
  const Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  const Result<std::string> run = run_named(*topology, arguments.operands().front());
  if (!run) return run.error();
  const Result<store::Store> store = store::Store::open_to_read(topology->store());
  if (!store) return store.error();
  Result<DatabaseAccess> access = DatabaseAccess::open(arguments, *topology, "mendel verify");
  if (!access) return access.error();
  const auto log = ArchivedLog::open(store->log_path("scores"), store->path() + "/archive",
                                     store->id(), *run, "/tmp");
  if (!log) return log.error();
  const VerificationOptions options{**log, store->id(), *run, [&access] {
                                      return database::Connection::open(
                                          access->dsn(),
                                          {"mendel verify", [] { return interrupts() > 0; }});
                                    }};
  const Result<Verification> made = verify_run(options);
  if (!made) return made.error();
  if (arguments.flag("json")) {
    fmt::print("{}\n", config::to_json(verification_value(*made), 2));
  } else {
    fmt::print("{}", verification_text(*made));
  }
  return made->agrees() ? 0 : 1;
}

}  // namespace

Command verify_command() {
  Command command;
  command.spec.name = "mendel verify";
  command.spec.summary = "prove that log and database agree about a run, row by row";
  command.spec.operands = {"RUN"};
  command.spec.options = {{"json", "", "print one JSON document"}, database_option()};
  for (const config::OptionSpec& option : pipeline_options()) {
    command.spec.options.push_back(option);
  }
  command.spec.examples = {"mendel verify sp500_trend", "mendel verify 01M80ZV8 --json"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
