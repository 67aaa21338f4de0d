// Cluster: the private PostgreSQL of a state directory, in <state>/pg: its own data, its own unix
// socket (which only its folder's owner reaches), no TCP. When root starts it, it belongs to and
// runs as the user postgres, since PostgreSQL refuses root.
// Threads: one thread.
#pragma once

#include <string>

#include "shared/base/result.hpp"
#include "topology/mendel/child.hpp"

namespace mendel::cli {

class Cluster {
 public:
  // Finds the programs, creates the data (initdb) when there is none, and clears what a killed
  // server left behind. Errors say what to install, or which folder is in the way.
  static Result<Cluster> prepare(const std::string& state);

  // The server process, to be started and watched by the caller. SIGINT is a fast stop.
  ChildSpec server() const;
  // Whether it takes connections.
  bool answers() const;
  // Creates the database "mendel" when it is not there. Requires that it answers.
  Status create_database() const;

  std::string dsn() const;
  int major_version() const { return major_version_; }

 private:
  Cluster() = default;
  Status find_programs();
  Status find_user();
  Status create_data();
  Status wait_for_predecessor() const;
  ChildSpec program(const std::string& name, std::vector<std::string> arguments) const;
  std::string data() const { return folder_ + "/data"; }
  std::string socket_folder() const { return folder_ + "/run"; }

  std::string state_;
  std::string folder_;    // <state>/pg
  std::string programs_;  // folder of initdb, postgres, psql
  std::string user_;      // "" = the user we are
  int major_version_ = 0;
};

// A server of our own for as long as the object lives, for commands that need the database of a
// pipeline that is stopped.
class TemporaryServer {
 public:
  // Starts it, its output appended to `log`, and waits until it answers.
  static Result<TemporaryServer> start(const Cluster& cluster, const std::string& log);
  ~TemporaryServer();
  TemporaryServer(TemporaryServer&&) noexcept;
  TemporaryServer& operator=(TemporaryServer&&) = delete;

 private:
  explicit TemporaryServer(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

inline constexpr std::int64_t kServerStartMs = 60'000;  // crash recovery may take its time
inline constexpr std::int64_t kServerStopMs = 30'000;

}  // namespace mendel::cli
