// What breeding costs an individual, evaluation aside.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>

#include "shared/genetics/population.hpp"
#include "shared/genetics/reproduction.hpp"

namespace {

using namespace mendel;

constexpr std::int64_t kGenes = 20;
constexpr std::int64_t kPopulation = 1000;

strategy::Experiment experiment(std::size_t objectives, bool whole) {
  strategy::Experiment result;
  for (std::int64_t i = 0; i < kGenes; ++i) {
    strategy::Gene gene;
    gene.name = fmt::format("x{:02}", i);
    gene.type = whole ? strategy::Gene::Type::integer : strategy::Gene::Type::real;
    gene.least = 5;
    gene.most = 200;
    gene.step = whole ? 1 : 0;
    result.genes.push_back(gene);
  }
  result.search.population = kPopulation;
  result.search.elites = kPopulation / 10;
  for (std::size_t i = 0; i < objectives; ++i)
    result.search.objectives.push_back({static_cast<market::Metric>(i), false});
  return result;
}

void score(genetics::Population& population, std::size_t objectives) {
  for (auto& member : population.islands.front().slots) {
    member.scoring.objectives.resize(objectives);
    for (std::size_t i = 0; i < objectives; ++i) {
      double sum = 0;
      for (const double value : member.genome) {
        const double away = value - 40.0 * static_cast<double>(i + 1);
        sum += away * away;
      }
      member.scoring.objectives[i] = sum;
    }
    member.scoring.validity = genetics::Validity::feasible;
  }
}

void report(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * kPopulation);
  state.counters["ns_each"] = benchmark::Counter(
      static_cast<double>(kPopulation) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// Arguments: objectives, whole-number genes, crossover, mutation.
strategy::Experiment experiment_of(const benchmark::State& state) {
  auto result = experiment(static_cast<std::size_t>(state.range(0)), state.range(1) != 0);
  result.search.crossover = static_cast<strategy::Crossover>(state.range(2));
  result.search.mutation = static_cast<strategy::Mutation>(state.range(3));
  return result;
}

// The whole loop: ranking, elites, selection, crossover, mutation, and the next population's
// memory.
void BM_NextPopulation(benchmark::State& state) {
  const auto experiment = experiment_of(state);
  const auto objectives = experiment.search.objectives.size();
  auto population = *genetics::initial_population(experiment);
  score(population, objectives);
  for (int i = 0; i < 3; ++i) {
    population = *genetics::next_population(experiment, population);
    score(population, objectives);
  }
  for (auto _ : state) benchmark::DoNotOptimize(*genetics::next_population(experiment, population));
  report(state);
}
BENCHMARK(BM_NextPopulation)
    ->ArgNames({"objectives", "whole", "crossover", "mutation"})
    ->Args({1, 0, 0, 1})
    ->Args({1, 0, 1, 1})
    ->Args({1, 0, 2, 0})
    ->Args({1, 1, 0, 1})
    ->Args({2, 0, 0, 1});

// Selection, crossover and mutation alone.
void BM_Child(benchmark::State& state) {
  const auto experiment = experiment_of(state);
  const auto population = *genetics::initial_population(experiment);
  std::vector<const double*> parents;
  for (const auto& member : population.islands.front().slots)
    parents.push_back(member.genome.data());
  genetics::Breeder breeder(experiment);
  breeder.set_parents(parents);
  std::vector<double> row(kGenes);
  for (auto _ : state)
    for (std::uint32_t slot = 0; slot < kPopulation; ++slot) {
      breeder.child({0, 1, slot}, row.data());
      benchmark::DoNotOptimize(row.data());
    }
  report(state);
}
BENCHMARK(BM_Child)
    ->ArgNames({"objectives", "whole", "crossover", "mutation"})
    ->Args({1, 0, 0, 1})
    ->Args({1, 0, 1, 1})
    ->Args({1, 0, 2, 0})
    ->Args({1, 1, 0, 1});

}  // namespace

BENCHMARK_MAIN();
