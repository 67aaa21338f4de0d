#include "topology/mendel/database_choice.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "shared/store/store.hpp"

namespace mendel::cli {
namespace {

bool connection_string_is_set() {
  for (const char* name : {database::kDsnVariable, database::kDsnFileVariable}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return true;
  }
  return false;
}

// A file that the operator named; the default of topology/local.ini is the private one's.
std::string named_dsn_file(const wiring::Topology& topology) {
  const std::string file = topology.setting("database.dsn_file");
  return file == private_dsn_file(topology) ? "" : file;
}

}  // namespace

config::OptionSpec database_option() {
  return {"database", "which",
          "private (PostgreSQL in the state directory) or env (NEON_CONNECTION_STRING); default: "
          "env when that is set"};
}

Result<bool> private_database(const config::Arguments& arguments,
                              const wiring::Topology& topology) {
  const bool named = connection_string_is_set() || !named_dsn_file(topology).empty();
  const std::string choice = arguments.text("database");
  if (choice.empty()) return !named;
  if (choice == "private") return true;
  if (choice != "env") {
    return configuration_error(fmt::format("--database {}: expected private or env", choice));
  }
  if (named) return false;
  return configuration_error(
      "--database env: NEON_CONNECTION_STRING is not set; set it to the connection string of your "
      "database");
}

Result<bool> last_database_is_private(const config::Arguments& arguments,
                                      const wiring::Topology& topology) {
  const bool is_there = access(private_dsn_file(topology).c_str(), F_OK) == 0;
  if (arguments.text("database").empty() && is_there) return true;
  return private_database(arguments, topology);
}

std::string private_dsn_file(const wiring::Topology& topology) { return topology.state() + "/dsn"; }

Status save_private_dsn(const wiring::Topology& topology, const std::string& dsn) {
  const std::string file = private_dsn_file(topology);
  if (Status written = store::publish_file(file, dsn + "\n"); !written) return written;
  chmod(file.c_str(), 0600);
  return {};
}

Result<database::Dsn> environment_dsn(const wiring::Topology& topology) {
  return database::DsnSource(named_dsn_file(topology), topology.setting("database.mode", "as-is"))
      .read();
}

}  // namespace mendel::cli
