// Supervisor: the local pipeline as processes: the private PostgreSQL, the six stages and N
// evaluators, started, watched, restarted by RestartPolicy, and stopped in the order of the
// pipeline (docs/operating.md).
// Threads: the main thread; the process must have no other (it forks).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/database/dsn.hpp"
#include "shared/wiring/topology.hpp"
#include "topology/mendel/child.hpp"
#include "topology/mendel/cluster.hpp"
#include "topology/mendel/restart_policy.hpp"
#include "topology/mendel/rotating_log.hpp"

namespace mendel::cli {

struct SupervisorOptions {
  int evaluators = 2;
  bool private_database = true;                 // else the DSN that the environment or a file names
  std::function<void(const std::string&)> say;  // one line for the operator
};

// The stages to run and how: pure, so that it can be tested without processes.
std::vector<ChildSpec> stage_processes(const wiring::Topology& topology,
                                       const SupervisorOptions& options, int cores,
                                       const std::string& binaries);

// Groups in which a pipeline stops: ingestor, ga_dispatcher, evaluators, results_writer,
// data_loader, monitor, postgresql. A name of no group stops last but one.
int stop_rank(const std::string& process_name);

class Supervisor {
 public:
  Supervisor(const wiring::Topology& topology, SupervisorOptions options);
  ~Supervisor();

  // The whole life: prepares the database and the store, starts everything, and returns the exit
  // code after SIGINT, SIGTERM or a stage that ended for good. Nothing is left running.
  Result<int> run();

 private:
  struct Member {
    ChildSpec spec;
    RestartPolicy policy;
    std::unique_ptr<RotatingLog> log;
    Child child;                     // pid -1 = not running
    std::int64_t restart_at_ns = 0;  // 0 = no restart is due
  };

  Status start_database();
  Status prepare_store(const database::Dsn& dsn);
  Status add(ChildSpec spec);
  Status start(Member& member);
  void watch(std::int64_t wait_ms);  // outputs, endings, due restarts and signals, once
  void read_output(Member& member);
  void take_signals();
  void reap(Member& member);
  void ended(Member& member, Ending ending);
  void restart_due();
  void stop_everything();
  void stop_group(int rank);

  const wiring::Topology& topology_;
  SupervisorOptions options_;
  std::vector<Member> members_;
  std::optional<Cluster> cluster_;
  pid_t group_ = 0;
  int signals_ = -1;
  bool stopping_ = false;
  bool killing_ = false;
  std::optional<int> exit_code_;  // set: stop everything and end with it
};

}  // namespace mendel::cli
