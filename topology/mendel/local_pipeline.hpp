// LocalPipeline: a running pipeline for a command that needs one. It uses the one that runs in the
// state directory, or starts `mendel up` there and stops it when the object ends.
// Threads: the main thread, before any socket or thread of the process exists (it forks).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/config/value.hpp"
#include "shared/runtime/stages.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::cli {

struct LocalPipelineOptions {
  int evaluators = 2;
  bool evaluators_given = false;  // by the user: said to be of no use where a pipeline runs
  std::string database;           // "private" | "env" | "" = as `mendel up` chooses
  bool must_start = false;        // refuse to use one that runs already
};

// What --evaluators and --database of a command ask for.
Result<LocalPipelineOptions> local_options(const config::Arguments& arguments);
// On stderr, when --evaluators was given and a pipeline runs that has its own.
void note_unused(const LocalPipelineOptions& options);

// Whether somebody else starts and stops the stages (`pipeline.supervised = no`): then a command
// only speaks to them, and the database may be out of its reach.
bool supervised_elsewhere(const wiring::Topology& topology);

class LocalPipeline {
 public:
  // Says on stderr what it starts. Errors: what stopped it, in the words of the stage that did.
  static Result<LocalPipeline> ensure(const wiring::Topology& topology,
                                      const LocalPipelineOptions& options = {});
  // Stops what it started, in the order of the pipeline.
  ~LocalPipeline();
  LocalPipeline(LocalPipeline&&) noexcept;
  LocalPipeline& operator=(LocalPipeline&&) = delete;

  // Whether this object started it (and will stop it).
  bool started() const { return pid_ > 0; }
  // Ok, or why the pipeline has ended.
  Status check_running();

  // One object a stage: {"name", "count", "state": "ready" | the reason why not}.
  config::Value stages() const;

  static constexpr std::int64_t kReadyMs = 60'000;

 private:
  LocalPipeline(const wiring::Topology& topology, pid_t pid);
  Status wait_until_ready();
  Error ended_early(int wait_status) const;

  wiring::Topology topology_;
  std::string log_;  // what `mendel up` printed
  pid_t pid_;
};

// The document of LocalPipeline::stages() for these processes.
config::Value stages_value(const std::vector<runtime::StageState>& states);

}  // namespace mendel::cli
