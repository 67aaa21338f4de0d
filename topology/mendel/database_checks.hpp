// What `mendel validate` asks the database: whether it is sized, secured and quick enough for the
// pipeline, and whether a lost connection comes back.
// Threads: the main thread.
#pragma once

#include <string>
#include <vector>

#include "shared/database/dsn.hpp"
#include "topology/mendel/findings.hpp"

namespace mendel::cli {

struct DatabaseDemand {
  int connections = 4;  // of both pools
};

// Named compute_sizing, autoscaling, pooling, tls, reconnection, timescaledb,
// performance_baseline, pg_stat_statements, clock_skew and database_versions; first of all
// connection. When that fails, the others do, too.
std::vector<Finding> check_database(const database::Dsn& dsn, const DatabaseDemand& demand);

// The same, when there is no connection string or no server to begin with.
std::vector<Finding> unreachable_database(const std::string& why);

}  // namespace mendel::cli
