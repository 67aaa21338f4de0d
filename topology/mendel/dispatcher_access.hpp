// DispatcherAccess: what ga_dispatcher knows of the runs, whether the pipeline runs or not. A
// pipeline that runs is asked. Of a stopped one the store tells: nothing is started, and no run
// that was left behind goes on only because somebody looked. Threads: the main thread.
#pragma once

#include <optional>
#include <string>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/runtime/client.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::cli {

class DispatcherAccess {
 public:
  static Result<DispatcherAccess> open(const wiring::Topology& topology);

  // Whether a pipeline runs.
  bool is_running() const { return client_.has_value(); }

  // The latest runs, latest first: tables as ga_dispatcher lists them. On stderr: runs in the store
  // that cannot be read.
  Result<config::Value> list();
  // The run that a person names by its id, the beginning of it, or its name; with its report when
  // it has finished.
  Result<config::Value> show(const std::string& word);
  // Requires a whole id. The run, with the genomes that a fork starts from.
  Result<config::Value> genomes(const std::string& run) { return ask("genomes", run); }
  // Requires a whole id. Returns the run as it is now.
  Result<config::Value> cancel(const std::string& run) { return ask("cancel", run); }

  // On stderr, unless a pipeline runs: how unfinished runs go on.
  void say_how_they_go_on() const;

 private:
  DispatcherAccess(const wiring::Topology& topology, std::optional<runtime::Client> client);
  Result<config::Value> ask(const std::string& action, const std::string& run);
  Result<config::Value> ask_store(const std::string& action, const std::string& run) const;

  wiring::Topology topology_;
  std::optional<runtime::Client> client_;  // none: the store is read
};

}  // namespace mendel::cli
