// Seeds: `mendel evolve FILE --seeds N`: the same experiment with N consecutive seeds.
// Threads: the main thread.
#pragma once

#include <cstdint>

#include "shared/base/result.hpp"
#include "shared/strategy/experiment.hpp"
#include "shared/wiring/topology.hpp"
#include "topology/mendel/session.hpp"

namespace mendel::cli {

inline constexpr std::int64_t kSeedsMax = 100;

// Errors (configuration): a grid, which draws nothing; seeds beyond the largest.
Status check_seeds(const strategy::Experiment& experiment, std::int64_t seeds);

// Runs the experiment with its seed and the `seeds` - 1 that follow, one run after the other: a
// verdict counts the genomes that earlier runs have tried, so that their order is part of the
// result. Prints the spread. Returns the exit code: 0, 1 = a condition of fail_if holds for any of
// the runs, 3 = none has a feasible genome, 130 = interrupted.
Result<int> run_seeds(const wiring::Topology& topology, LocalPipeline& pipeline,
                      const strategy::Experiment& experiment, std::int64_t seeds,
                      const SessionOptions& options);

}  // namespace mendel::cli
