// How good the search is: against pagmo2's sga and nsga2 (Debian's libpagmo-dev) at their
// documented settings: same problems, bounds, population and generations, 20 seeds, Mann-Whitney
// test. Usage: genetics_quality [setting=value …], a setting of [search] as crossover=sbx.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/genetics/population.hpp"
#include "tests/bench/pagmo_search.hpp"
#include "tests/bench/problems.hpp"

namespace mendel::bench {
namespace {

constexpr std::int64_t kPopulation = 100;
constexpr std::int64_t kGenerations = 250;
constexpr unsigned kSeeds = 20;
constexpr double kReference = 1.1;

template <class Choice>
void choose(Choice& choice, const std::string_view (&names)[3], std::string_view value) {
  for (std::size_t i = 0; i < 3; ++i)
    if (names[i] == value) choice = static_cast<Choice>(i);
}

void set(strategy::SearchSettings& search, std::string_view key, const std::string& value) {
  const double number = std::strtod(value.c_str(), nullptr);
  if (key == "crossover") choose(search.crossover, strategy::kCrossoverNames, value);
  if (key == "mutation") choose(search.mutation, strategy::kMutationNames, value);
  if (key == "crossover_index") search.crossover_index = number;
  if (key == "mutation_index") search.mutation_index = number;
  if (key == "crossover_rate") search.crossover_rate = number;
  if (key == "mutation_rate") search.mutation_rate = number;
  if (key == "adaptive") search.adaptive = value == "true";
  if (key == "elites") search.elites = static_cast<std::int64_t>(number);
  if (key == "tournament") search.tournament = static_cast<std::int64_t>(number);
}

strategy::Experiment experiment_of(const Problem& problem) {
  strategy::Experiment experiment;
  for (std::size_t i = 0; i < problem.dimensions; ++i) {
    strategy::Gene gene;
    gene.name = fmt::format("x{:02}", i);
    gene.type = strategy::Gene::Type::real;
    gene.least = problem.least;
    gene.most = problem.most;
    gene.step = 0;
    experiment.genes.push_back(gene);
  }
  experiment.search.population = kPopulation;
  experiment.search.elites = kPopulation / 10;
  for (std::size_t i = 0; i < problem.objectives; ++i)
    experiment.search.objectives.push_back({static_cast<market::Metric>(i), false});
  return experiment;
}

void score(const Problem& problem, genetics::Population& population) {
  for (auto& member : population.islands.front().slots) {
    const auto values = problem.value(member.genome);
    member.scoring.objectives.assign(values.begin(), values.end());
    member.scoring.validity = genetics::Validity::feasible;
  }
}

std::vector<std::vector<double>> search_with_ours(const Problem& problem,
                                                  const strategy::Experiment& experiment) {
  auto population = *genetics::initial_population(experiment);
  score(problem, population);
  for (std::int64_t i = 1; i < kGenerations; ++i) {
    population = *genetics::next_population(experiment, population);
    score(problem, population);
  }
  std::vector<std::vector<double>> result;
  for (const auto& member : genetics::parents(experiment, population.islands.front())) {
    result.emplace_back();
    for (const auto& value : member.scoring.objectives) result.back().push_back(*value);
  }
  return result;
}

// Less is better.
double outcome(const Problem& problem, const std::vector<std::vector<double>>& last) {
  if (problem.objectives > 1) return -hypervolume(last, kReference);
  double best = last.front().front();
  for (const auto& values : last) best = std::min(best, values.front());
  return best;
}

void compare(const Problem& problem,
             const std::vector<std::pair<std::string, std::string>>& set_to) {
  std::vector<double> ours;
  std::vector<double> theirs;
  strategy::Experiment experiment = experiment_of(problem);
  for (const auto& [key, value] : set_to) set(experiment.search, key, value);
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    experiment.search.seed = seed;
    ours.push_back(outcome(problem, search_with_ours(problem, experiment)));
    theirs.push_back(outcome(problem, search_with_pagmo(problem, kPopulation, kGenerations, seed)));
  }
  const double p = mann_whitney(ours, theirs);
  const double sign = problem.objectives > 1 ? -1 : 1;
  const char* verdict = "equal";
  if (p < 0.05) verdict = median(ours) < median(theirs) ? "better" : "WORSE";
  fmt::print("| {} | {} | {:.4g} | {:.4g} | {:.2g} | {} |\n", problem.name, problem.dimensions,
             sign * median(ours), sign * median(theirs), p, verdict);
  std::fflush(stdout);
}

}  // namespace
}  // namespace mendel::bench

int main(int argc, char** argv) {
  std::vector<std::pair<std::string, std::string>> settings;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      fmt::print(stderr, "genetics_quality: '{}' is no setting; write crossover=sbx\n", word);
      return 2;
    }
    settings.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  fmt::print("| problem | genes | Mendel | pagmo2 | p | Mendel is |\n|---|---|---|---|---|---|\n");
  for (const auto& problem : mendel::bench::problems()) mendel::bench::compare(problem, settings);
}
