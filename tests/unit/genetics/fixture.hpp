// Experiments and members for the tests of genetics, made without a file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "shared/genetics/scoring.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::genetics::fixture {

inline strategy::Gene real_gene(std::string name, double least, double most, double step = 0) {
  strategy::Gene gene;
  gene.name = std::move(name);
  gene.type = strategy::Gene::Type::real;
  gene.least = least;
  gene.most = most;
  gene.step = step;
  return gene;
}

inline strategy::Gene integer_gene(std::string name, double least, double most) {
  strategy::Gene gene = real_gene(std::move(name), least, most, 1);
  gene.type = strategy::Gene::Type::integer;
  return gene;
}

inline strategy::Gene choice_gene(std::string name, std::vector<config::Value> choices) {
  strategy::Gene gene = real_gene(std::move(name), 0, static_cast<double>(choices.size()) - 1, 1);
  gene.type = strategy::Gene::Type::choice;
  gene.choices = std::move(choices);
  return gene;
}

inline strategy::SearchSettings search(std::size_t objectives = 1) {
  strategy::SearchSettings settings;
  settings.population = 24;
  settings.generations = 10;
  settings.elites = 2;
  settings.objectives = {{market::Metric::sharpe_ratio, true}};
  if (objectives > 1) settings.objectives.push_back({market::Metric::max_drawdown, false});
  return settings;
}

inline strategy::Experiment experiment(std::size_t objectives = 1) {
  strategy::Experiment result;
  result.genes = {real_gene("a", -4, 4), integer_gene("b", 0, 100),
                  choice_gene("c", {"ema", "sma", "wma"})};
  result.search = search(objectives);
  return result;
}

inline Member feasible(strategy::Genome genome, std::vector<std::optional<double>> objectives) {
  Member member;
  member.genome = std::move(genome);
  member.scoring.objectives = std::move(objectives);
  member.scoring.validity = Validity::feasible;
  return member;
}

inline Member infeasible(strategy::Genome genome, double violation) {
  Member member = feasible(std::move(genome), {1.0});
  member.scoring.validity = Validity::infeasible;
  member.scoring.violation = violation;
  return member;
}

inline Member undefined(strategy::Genome genome) {
  Member member;
  member.genome = std::move(genome);
  member.scoring.objectives = {std::nullopt};
  return member;
}

}  // namespace mendel::genetics::fixture
