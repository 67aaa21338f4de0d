// Which database a local pipeline uses: its own private cluster, or the one that the environment
// names (--database private|env).
// Threads: the main thread.
#pragma once

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::cli {

inline constexpr std::int64_t kEvaluatorsMax = 256;  // processes on one machine

config::OptionSpec database_option();

// Whether it is the private one: as --database says, else private unless NEON_CONNECTION_STRING is
// set. "env" without a connection string is an error.
Result<bool> private_database(const config::Arguments& arguments, const wiring::Topology& topology);

}  // namespace mendel::cli
