#include "topology/mendel/fork.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace mendel::cli {
namespace {

// As many as search.start takes.
constexpr std::size_t kStartMax = 1000;

bool has_gene(const std::vector<strategy::Gene>& genes, const strategy::Gene& wanted) {
  return std::any_of(genes.begin(), genes.end(), [&](const strategy::Gene& gene) {
    return gene.name == wanted.name && gene.type == wanted.type;
  });
}

// A genome means the same only where the genes are: names and kinds, not their ranges.
Status check_genes(const strategy::Experiment& submitted, const strategy::Experiment& meant) {
  std::string wrong;
  const auto add = [&](const strategy::Gene& gene, std::string_view how) {
    wrong += fmt::format("{}'{}' {}", wrong.empty() ? "" : ", ", gene.name, how);
  };
  for (const strategy::Gene& gene : submitted.genes)
    if (!has_gene(meant.genes, gene)) add(gene, "is gone or of another kind");
  for (const strategy::Gene& gene : meant.genes)
    if (!has_gene(submitted.genes, gene)) add(gene, "is new or of another kind");
  if (wrong.empty()) return {};
  return configuration_error(fmt::format(
      "--fork: the genomes of the run need its genes: {}; 'mendel evolve' starts without them",
      wrong));
}

std::optional<strategy::Genome> genome_in(const strategy::Experiment& meant,
                                          const config::Value& genes) {
  strategy::Genome genome;
  for (const strategy::Gene& gene : meant.genes) {
    const config::Value* value = genes.find(gene.name);
    const auto entry = value == nullptr ? std::nullopt : gene.entry_of(*value);
    if (!entry) return std::nullopt;
    genome.push_back(*entry);
  }
  if (!strategy::satisfies_constraints(meant, genome)) return std::nullopt;
  return genome;
}

}  // namespace

Result<strategy::Experiment> changed_experiment(const strategy::Experiment& submitted,
                                                const std::string& run,
                                                const strategy::Overrides& overrides) {
  const auto read = [&](const strategy::Overrides& with) {
    return strategy::read_experiment(submitted.canonical_text, "run " + run, with);
  };
  Result<strategy::Experiment> changed = read(overrides);
  if (changed) return changed;
  // A run has every setting spelled out, those too whose default follows the population.
  std::string words;
  strategy::Overrides fitting = overrides;
  std::string message = changed.error().message;
  for (const char* key : {"elites", "tournament"}) {
    if (message.find(fmt::format(": '{}' is ", key)) == std::string::npos) continue;
    if (!message.starts_with("run ")) continue;  // it was given just now
    words += fmt::format(" --set search.{}=1", key);
    fitting.push_back({fmt::format("search.{}", key), "1"});
    const auto again = read(fitting);
    message = again ? "" : again.error().message;
  }
  if (words.empty()) return changed;
  message = changed.error().message;
  const std::string hint = "; it is the run's own setting: add, for example,";
  message.insert(std::min(message.find('\n'), message.size()), hint + words);
  return configuration_error(std::move(message));
}

Result<Fork> fork_of(const strategy::Experiment& submitted, const strategy::Experiment& meant,
                     const config::Value& genomes) {
  if (Status genes = check_genes(submitted, meant); !genes) return genes.error();
  if (meant.search.start != submitted.search.start)
    return configuration_error(
        "search.start: --fork starts from the run's genomes; leave search.start out");
  const auto slots = static_cast<std::size_t>(meant.search.population * meant.search.islands);
  const std::size_t most = std::min(slots, kStartMax);
  Fork fork;
  std::set<strategy::Genome> seen;
  std::string start;
  const auto count = genomes.is_array() ? genomes.items().size() : 0;
  for (std::size_t i = 0; i < count && fork.taken < most; ++i) {
    const auto genome = genome_in(meant, genomes.items()[i]);
    if (!genome || !seen.insert(*genome).second) continue;
    start += fmt::format("{}\"{}\"", fork.taken == 0 ? "" : ", ",
                         strategy::to_words(meant.genes, *genome));
    ++fork.taken;
  }
  fork.left_out = count - fork.taken;
  if (fork.taken == 0)
    return configuration_error(
        count == 0 ? "--fork: the run has no genomes yet; 'mendel evolve' starts without them"
                   : "--fork: no genome of the run is within the ranges and constraints of the "
                     "experiment; 'mendel evolve' starts without them");
  Result<strategy::Experiment> experiment = strategy::read_experiment(
      meant.canonical_text, "experiment", {{"search.start", "[" + start + "]", "--fork"}});
  if (!experiment) return experiment.error();
  fork.experiment = std::move(*experiment);
  return fork;
}

}  // namespace mendel::cli
