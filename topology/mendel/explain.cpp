#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "shared/genetics/population.hpp"
#include "shared/strategy/explanation.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/experiment_file.hpp"

namespace mendel::cli {
namespace {

using strategy::ExplainedTerm;

std::string variants_of(const ExplainedTerm& term) {
  return term.variants == 0 ? "any" : fmt::format("{}", term.variants);
}

void print_terms(std::string_view title, const std::vector<ExplainedTerm>& terms) {
  fmt::print("{}\n  {:>9}  {:>9}\n", title, "look-back", "variants");
  for (const ExplainedTerm& term : terms) {
    fmt::print("  {:>9}  {:>9}  {}\n", term.term->look_back, variants_of(term), term.text);
  }
}

// The sum of all variants; "any number" when a gene is continuous.
std::string total_of(const std::vector<ExplainedTerm>& terms) {
  std::uint64_t total = 0;
  for (const ExplainedTerm& term : terms) {
    if (term.variants == 0) return "any number of";
    total += std::min<std::uint64_t>(term.variants, std::uint64_t{1} << 53);
  }
  return fmt::format("at most {}", total);
}

Result<std::vector<strategy::Genome>> random_genomes(const strategy::Experiment& experiment) {
  const auto population = genetics::initial_population(experiment);
  if (!population) return population.error();
  std::vector<strategy::Genome> genomes;
  for (const genetics::Island& island : population->islands) {
    for (const genetics::Member& member : island.slots) genomes.push_back(member.genome);
  }
  return genomes;
}

Result<int> run(const config::Arguments& arguments) {
  const auto experiment = read_experiment_file(arguments.operands().front(), {});
  if (!experiment) return experiment.error();
  const auto genomes = random_genomes(*experiment);
  if (!genomes) return genomes.error();
  const strategy::Explanation explanation = strategy::explain(*experiment);
  const strategy::Sharing sharing = strategy::sharing_of(*experiment, explanation, *genomes);
  fmt::print("{}: warm-up (W) {} bars, {} genes\n\n", experiment->name, experiment->look_back,
             experiment->genes.size());
  print_terms("columns", explanation.columns);
  print_terms("\npredicates", explanation.predicates);
  fmt::print("\nover all gene values: {} distinct columns, {} distinct predicates\n",
             total_of(explanation.columns), total_of(explanation.predicates));
  fmt::print(
      "a random population of {} computes {} columns instead of {}, {} predicates instead "
      "of {}\n",
      genomes->size(), sharing.distinct_columns, sharing.columns, sharing.distinct_predicates,
      sharing.predicates);
  return 0;
}

}  // namespace

Command explain_command() {
  Command command;
  command.spec.name = "mendel explain";
  command.spec.summary = "show what an experiment's strategy computes, and what candidates share";
  command.spec.operands = {"FILE"};
  command.spec.examples = {"mendel explain trend.toml",
                           "mendel explain topology/demo/experiment.toml"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
