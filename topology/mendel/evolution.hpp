// Evolution: a run as the operator's command drives it: submitted, followed, cancelled, its report
// fetched. Everything is asked of ga_dispatcher, again and again until it answers.
// Threads: the main thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/runtime/client.hpp"
#include "shared/strategy/experiment.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::cli {

bool has_ended(std::string_view state);

// What ga_dispatcher answers to "list", "show" or "cancel"; `is_there` as runtime::Client has it.
Result<config::Value> ask(runtime::Client& client, const std::string& action,
                          const std::string& run, const std::function<bool()>& is_there = {});
Result<config::Value> body_of(const wire::Reply& reply);

class Evolution {
 public:
  // A new run of the experiment, submitted and accepted.
  static Result<Evolution> submit(const wiring::Topology& topology,
                                  const strategy::Experiment& experiment, const std::string& name);

  // A run that is there already.
  static Result<Evolution> attach(const wiring::Topology& topology, const std::string& run);

  const std::string& run() const { return run_; }

  // Follows the run to its end; returns its last progress (state finished, failed or cancelled).
  // `on_progress` sees every message. `check`, asked between them, can end it with an error.
  Result<wire::Progress> follow(const std::function<void(const wire::Progress&)>& on_progress,
                                const std::function<Status()>& check);

  // What ga_dispatcher answers to "show": the run, with its report once it has ended.
  Result<config::Value> show();
  // The report of the run, which `last` was the end of; errors call it `name`. Error
  // (configuration) when it failed: trying again does not help; (transient) when it was cancelled.
  Result<config::Value> report(const wire::Progress& last, const std::string& name);
  Result<config::Value> list();
  Status cancel();

 private:
  Evolution(runtime::Client client, std::string run)
      : client_(std::move(client)), run_(std::move(run)) {}

  runtime::Client client_;
  std::string run_;
};

}  // namespace mendel::cli
