#include "topology/mendel/database_choice.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace mendel::cli {
namespace {

bool connection_string_is_set() {
  const char* value = std::getenv("NEON_CONNECTION_STRING");
  return value != nullptr && *value != '\0';
}

// A file that the operator named; the default of topology/local.ini is the private one's.
bool dsn_file_is_set(const wiring::Topology& topology) {
  const std::string file = topology.setting("database.dsn_file");
  return !file.empty() && file != topology.state() + "/dsn";
}

}  // namespace

config::OptionSpec database_option() {
  return {"database", "which",
          "private (PostgreSQL in the state directory) or env (NEON_CONNECTION_STRING); default: "
          "env when that is set"};
}

Result<bool> private_database(const config::Arguments& arguments,
                              const wiring::Topology& topology) {
  const bool named = connection_string_is_set() || dsn_file_is_set(topology);
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

}  // namespace mendel::cli
