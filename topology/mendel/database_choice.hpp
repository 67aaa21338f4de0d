// Which database a local pipeline uses: its own private cluster, or the one that the environment
// names (--database private|env).
// Threads: the main thread.
#pragma once

#include <cstdint>
#include <string>

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/database/dsn.hpp"
#include "shared/database/migrations.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::cli {

inline constexpr std::int64_t kEvaluatorsMax = 256;  // processes on one machine

config::OptionSpec database_option();

// For a pipeline that is to be started: whether it is the private one: as --database says, else
// private unless NEON_CONNECTION_STRING is set. "env" without a connection string is an error.
Result<bool> private_database(const config::Arguments& arguments, const wiring::Topology& topology);

// For a command that reads what a pipeline has stored: as --database says, else the one that the
// pipeline of this state directory used last.
Result<bool> last_database_is_private(const config::Arguments& arguments,
                                      const wiring::Topology& topology);

// <state>/dsn: there while the pipeline of this state directory uses its private database.
std::string private_dsn_file(const wiring::Topology& topology);
Status save_private_dsn(const wiring::Topology& topology, const std::string& dsn);

// The connection string of the environment, or of a file that the operator named.
Result<database::Dsn> environment_dsn(const wiring::Topology& topology);

}  // namespace mendel::cli
