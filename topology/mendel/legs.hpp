// Legs: the searches that one command makes one after the other in one pipeline: the folds of a
// walk-forward, the seeds of an experiment. Each is a run of its own.
// Threads: the main thread.
#pragma once

#include <cstdio>
#include <string>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/strategy/experiment.hpp"
#include "shared/wiring/topology.hpp"
#include "topology/mendel/local_pipeline.hpp"

namespace mendel::cli {

class Legs {
 public:
  // Topology and pipeline outlive it. Progress goes to `people`.
  Legs(const wiring::Topology& topology, LocalPipeline& pipeline, std::FILE* people)
      : topology_(topology), pipeline_(pipeline), people_(people) {}

  // From submission to the report of the finished run. Interrupted, it cancels the run and returns
  // an error.
  Result<config::Value> run(const strategy::Experiment& experiment, const std::string& name);

 private:
  const wiring::Topology& topology_;
  LocalPipeline& pipeline_;
  std::FILE* people_;
};

}  // namespace mendel::cli
