#include "topology/mendel/seeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "shared/strategy/name.hpp"
#include "topology/mendel/interrupt.hpp"
#include "topology/mendel/leaderboard.hpp"
#include "topology/mendel/legs.hpp"
#include "topology/mendel/seed_spread.hpp"

namespace mendel::cli {
namespace {

Result<strategy::Experiment> experiment_of(const strategy::Experiment& experiment,
                                           std::uint64_t seed) {
  return strategy::read_experiment(experiment.canonical_text, experiment.name,
                                   {{"search.seed", std::to_string(seed), "--seeds"}});
}

bool fails(const SeedResult& result, const std::vector<FailIf>& conditions) {
  bool failed = false;
  for (const FailIf& condition : conditions) {
    const auto reason = condition.reason(result.report);
    if (!reason) continue;
    failed = true;
    fmt::print(stderr, "mendel: seed {}: {}\n", result.seed, *reason);
  }
  return failed;
}

}  // namespace

Status check_seeds(const strategy::Experiment& experiment, std::int64_t seeds) {
  if (experiment.search.method == strategy::Method::grid) {
    return configuration_error(
        "--seeds: method = \"grid\" draws nothing, every seed tries the same genomes; leave one of "
        "them out");
  }
  const auto last = static_cast<std::uint64_t>(INT64_MAX - (seeds - 1));
  if (experiment.search.seed > last) {
    return configuration_error(
        fmt::format("--seeds {}: seed {} has fewer behind it; choose one up "
                    "to {}",
                    seeds, experiment.search.seed, last));
  }
  return {};
}

Result<int> run_seeds(const wiring::Topology& topology, LocalPipeline& pipeline,
                      const strategy::Experiment& experiment, std::int64_t seeds,
                      const SessionOptions& options) {
  std::FILE* people = options.json ? stderr : stdout;
  const std::string& name = options.name.empty() ? experiment.name : options.name;
  Legs searches(topology, pipeline, people);
  std::vector<SeedResult> results;
  for (std::int64_t i = 0; i < seeds; ++i) {
    const std::uint64_t seed = experiment.search.seed + static_cast<std::uint64_t>(i);
    const Result<strategy::Experiment> one = experiment_of(experiment, seed);
    if (!one) return one.error();
    Result<config::Value> report =
        searches.run(*one, strategy::name_from(name, fmt::format(" seed {}", seed)));
    if (interrupts() > 0) return kInterrupted;
    if (!report) return report.error();
    results.push_back({seed, std::move(*report)});
  }
  const config::Value value = seed_spread_value(experiment, results);
  fmt::print(people, "{}", seed_spread_text(value));
  if (options.json) fmt::print("{}\n", config::to_json(value, 2));
  std::fflush(stdout);

  bool failed = false;
  for (const SeedResult& result : results) failed = fails(result, options.fail_if) || failed;
  if (failed) return 1;
  const bool any = std::any_of(results.begin(), results.end(),
                               [](const SeedResult& result) { return has_best(result.report); });
  return any ? 0 : kNoFeasibleGenome;
}

}  // namespace mendel::cli
