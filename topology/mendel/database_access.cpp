#include "topology/mendel/database_access.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "topology/mendel/cluster.hpp"
#include "topology/mendel/database_choice.hpp"
#include "topology/mendel/state_folder.hpp"

namespace mendel::cli {

// Destroyed in reverse: the server stops before the lock is given up.
struct DatabaseAccess::Borrowed {
  StateLock lock;
  TemporaryServer server;
};

DatabaseAccess::DatabaseAccess(database::Dsn dsn, std::unique_ptr<Borrowed> borrowed)
    : dsn_(std::move(dsn)), borrowed_(std::move(borrowed)) {}
DatabaseAccess::~DatabaseAccess() = default;
DatabaseAccess::DatabaseAccess(DatabaseAccess&&) noexcept = default;
DatabaseAccess& DatabaseAccess::operator=(DatabaseAccess&&) noexcept = default;

Result<DatabaseAccess> DatabaseAccess::open(const config::Arguments& arguments,
                                            const wiring::Topology& topology,
                                            const std::string& command) {
  Result<bool> is_private = last_database_is_private(arguments, topology);
  if (!is_private) return is_private.error();
  if (!*is_private) {
    Result<database::Dsn> dsn = environment_dsn(topology);
    if (!dsn) return dsn.error();
    return DatabaseAccess(std::move(*dsn), nullptr);
  }
  const std::string dsn_file = private_dsn_file(topology);
  if (access(dsn_file.c_str(), F_OK) != 0) {
    return configuration_error(
        fmt::format("{}: there is no database yet; 'mendel demo', 'mendel ingest' or 'mendel up' "
                    "make one there",
                    topology.state()));
  }
  if (StateLock::owner(topology.state())) {
    Result<database::Dsn> dsn = database::DsnSource(dsn_file).read();
    if (!dsn) return dsn.error();
    return DatabaseAccess(std::move(*dsn), nullptr);
  }
  return borrow(topology, command, /*make=*/false);
}

Result<DatabaseAccess> DatabaseAccess::open_or_make(const config::Arguments& arguments,
                                                    const wiring::Topology& topology,
                                                    const std::string& command) {
  const Result<bool> is_private = last_database_is_private(arguments, topology);
  if (!is_private) return is_private.error();
  if (!*is_private || StateLock::owner(topology.state())) return open(arguments, topology, command);
  if (Status made = create_folders(topology); !made) return made.error();
  return borrow(topology, command, /*make=*/true);
}

Result<DatabaseAccess> DatabaseAccess::borrow(const wiring::Topology& topology,
                                              const std::string& command, bool make) {
  Result<StateLock> lock = StateLock::take(topology.state(), command);
  if (!lock) return lock.error();
  Result<Cluster> cluster = Cluster::prepare(topology.state());
  if (!cluster) return cluster.error();
  Result<TemporaryServer> server =
      TemporaryServer::start(*cluster, log_folder(topology) + "/postgresql.log");
  if (!server) return server.error();
  if (make) {
    if (Status made = cluster->create_database(); !made) return made.error();
    if (Status saved = save_private_dsn(topology, cluster->dsn()); !saved) return saved.error();
  }
  Result<database::Dsn> dsn = database::DsnSource(private_dsn_file(topology)).read();
  if (!dsn) return dsn.error();
  return DatabaseAccess(std::move(*dsn),
                        std::make_unique<Borrowed>(Borrowed{std::move(*lock), std::move(*server)}));
}

}  // namespace mendel::cli
