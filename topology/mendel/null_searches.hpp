// NullSearches: the same search on shuffled pasts (docs/verdict.md, "Nulls"). How often does it
// find as much where there is nothing to find? That share is the p-value of the best of the search:
// the whole search is on trial, with its choosing, its limits and its luck. Threads: the main
// thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/strategy/experiment.hpp"
#include "shared/wiring/topology.hpp"
#include "topology/mendel/fail_if.hpp"
#include "topology/mendel/local_pipeline.hpp"

namespace mendel::cli {

inline constexpr std::int64_t kNullsMax = 1000;
// Runs at a time: evaluators that wait for the end of one's generation work on another's.
inline constexpr std::size_t kNullsAtOnce = 4;

// The experiment on null `number` (from 1) of its in-sample history; nothing else differs.
Result<strategy::Experiment> null_experiment(const strategy::Experiment& experiment,
                                             std::int64_t number);

// The best first objective of the whole search that a report tells; nullopt: nothing was feasible.
std::optional<double> best_of_search(const config::Value& report);

// (1 + nulls at least as good) / (nulls + 1). A null without a feasible genome is worse.
double null_p(double best, const std::vector<std::optional<double>>& nulls, bool maximise);

// {"n", "p", "objective", "search", "best": [one per null, or null]}; p is null
// when the search itself found nothing.
config::Value null_value(const strategy::Experiment& experiment, std::optional<double> best,
                         const std::vector<std::optional<double>>& nulls);

// Puts the value into the document of a run: as `null`, and p among the verdict's numbers.
void add_null(config::Value& document, const config::Value& value);

// "null: …", what the value means in words; "" when there is none.
std::string null_text(const config::Value& document);

class NullSearches {
 public:
  NullSearches(const wiring::Topology& topology, LocalPipeline& pipeline, std::FILE* people)
      : topology_(topology), pipeline_(pipeline), people_(people) {}

  // Searches `count` nulls, as runs of their own that are called `name`-null-1 and so on, and
  // compares. An interrupt cancels those that have begun.
  Result<config::Value> run(const strategy::Experiment& experiment, const std::string& name,
                            std::int64_t count, const config::Value& report);

 private:
  const wiring::Topology& topology_;
  LocalPipeline& pipeline_;
  std::FILE* people_;
};

}  // namespace mendel::cli
