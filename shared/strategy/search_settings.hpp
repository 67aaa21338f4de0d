// Search settings: [search] of an experiment (docs/search.md).
// Threads: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/market/metrics.hpp"
#include "shared/strategy/genes.hpp"

namespace mendel::strategy {

struct Objective {
  market::Metric metric = market::Metric::sharpe_ratio;
  bool maximise = true;
};

struct Limit {  // metric (>= | > | <= | <) bound, on the in-sample portfolio
  market::Metric metric = market::Metric::trade_count;
  std::string comparison;
  double bound = 0;
};

// How genomes come about. random: every generation is drawn anew. grid: every genome of the genes'
// ranges once, in the order of counting with the last gene changing fastest.
enum class Method : std::uint8_t { genetic, random, grid };
inline constexpr std::string_view kMethodNames[] = {"genetic", "random", "grid"};
enum class Crossover : std::uint8_t { sbx, uniform, blend };
inline constexpr std::string_view kCrossoverNames[] = {"sbx", "uniform", "blend"};
enum class Mutation : std::uint8_t { gaussian, polynomial, reset };
inline constexpr std::string_view kMutationNames[] = {"gaussian", "polynomial", "reset"};

struct SearchSettings {
  Method method = Method::genetic;
  std::int64_t population = 256;  // per island
  std::int64_t generations = 50;  // evaluated in all: number 0, the random one, counts too
  std::int64_t islands = 1;
  std::int64_t migration_every = 5;
  std::uint64_t seed = 42;
  std::int64_t elites = 25;  // a tenth of the population unless it is given
  std::int64_t tournament = 3;
  Crossover crossover = Crossover::sbx;
  double crossover_rate = 0.9;
  double crossover_index = 7;  // sbx: the greater, the nearer to the parents
  Mutation mutation = Mutation::polynomial;
  double mutation_rate = 0;    // per gene; 0 = 1 / genes
  double mutation_index = 15;  // polynomial: the greater, the smaller the steps
  bool adaptive = false;       // the mutation rate rises as the population draws together
  std::vector<Objective> objectives;
  std::vector<Limit> limits;
  std::string pick = "first";  // first | knee | weighted:w1,w2,…
  std::int64_t report_best = 10;

  // The search ends after the first generation that fulfils one of these; 0 or none = off.
  std::int64_t evaluations_max = 0;  // distinct genomes; the generation that reaches it is the last
  std::int64_t wall_time_ns = 0;     // since the first hand-out, over all lives of the dispatcher
  std::int64_t stagnation = 0;       // generations in a row without a better best or front
  std::optional<double> target;      // of the first objective

  std::vector<Genome> start;  // in the first generation's first slots, islands in turn
};

}  // namespace mendel::strategy
