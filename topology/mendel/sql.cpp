#include <fmt/format.h>

#include <csignal>
#include <utility>

#include "shared/database/dsn.hpp"
#include "topology/mendel/child.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/database_access.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/psql.hpp"

namespace mendel::cli {
namespace {

Result<int> run_psql(const database::Dsn& dsn, const config::Arguments& arguments) {
  Result<ChildSpec> asked = psql_on(dsn);
  if (!asked) return asked.error();
  ChildSpec& spec = *asked;
  spec.inherit_terminal = true;
  for (const auto& [option, word] :
       {std::pair{"csv", "--csv"}, std::pair{"expanded", "--expanded"}}) {
    if (arguments.flag(option)) spec.words.emplace_back(word);
  }
  if (!arguments.operands().empty()) {
    spec.words.insert(spec.words.end(), {"-P", "pager=off", "-c", arguments.operands().front()});
  }
  const Result<Child> child = spawn(spec, 0);
  if (!child) return child.error();
  // Ctrl-C belongs to psql: it cancels a query there.
  signal(SIGINT, SIG_IGN);
  const Ending ending = wait_for(child->pid);
  signal(SIGINT, SIG_DFL);
  return ending.by_signal ? 128 + ending.number : ending.number;
}

Result<int> run(const config::Arguments& arguments) {
  Result<wiring::Topology> topology = open_topology(arguments);
  if (!topology) return topology.error();
  Result<DatabaseAccess> access = DatabaseAccess::open(arguments, *topology, "mendel sql");
  if (!access) return access.error();
  return run_psql(access->dsn(), arguments);
}

}  // namespace

Command sql_command() {
  Command command;
  command.spec.name = "mendel sql";
  command.spec.summary = "ask the pipeline's database with psql, running or not";
  command.spec.operands = {"[QUERY]"};
  command.spec.options = {{"csv", "", "print comma-separated values"},
                          {"expanded", "", "print one column a line"},
                          database_option()};
  for (config::OptionSpec& option : pipeline_options()) command.spec.options.push_back(option);
  command.spec.examples = {"mendel sql", "mendel sql 'SELECT count(*) FROM mendel.market_data'"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
