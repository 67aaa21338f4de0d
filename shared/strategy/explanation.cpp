#include "shared/strategy/explanation.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "shared/base/bytes.hpp"
#include "shared/strategy/evaluation.hpp"

namespace mendel::strategy {
namespace {

bool joins(Op op) { return op == Op::logical_and || op == Op::logical_or || op == Op::logical_not; }

// Raw columns are there already; everything else that varies from bar to bar is computed.
bool is_computed(const Expression& term) { return !term.constant && term.op != Op::column; }

std::uint64_t variants_of(const Expression& term, const std::vector<Gene>& genes) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 53;
  std::vector<bool> used(genes.size(), false);
  mark_genes(term, used);
  std::uint64_t product = 1;
  for (std::size_t i = 0; i < genes.size(); ++i) {
    if (!used[i]) continue;
    const std::uint64_t levels = genes[i].levels();
    if (levels == 0) return 0;
    product = product > kMost / levels ? kMost : product * levels;
  }
  return product;
}

class Explainer {
 public:
  explicit Explainer(const std::vector<Gene>& genes) : genes_(genes) {}

  void signal(const ExpressionPtr& term) {
    if (!term || !visited_.insert(term->id).second) return;
    if (joins(term->op)) {
      for (const ExpressionPtr& argument : term->arguments) signal(argument);
      return;
    }
    for (const ExpressionPtr& argument : term->arguments) column(argument);
    if (!term->constant) add(explanation_.predicates, term);
  }

  Explanation take() { return std::move(explanation_); }

 private:
  void column(const ExpressionPtr& term) {
    if (term->constant || !visited_.insert(term->id).second) return;
    for (const ExpressionPtr& argument : term->arguments) column(argument);
    if (is_computed(*term)) add(explanation_.columns, term);
  }

  void add(std::vector<ExplainedTerm>& list, const ExpressionPtr& term) {
    list.push_back({term, to_text(*term), variants_of(*term, genes_)});
  }

  const std::vector<Gene>& genes_;
  std::set<std::size_t> visited_;
  Explanation explanation_;
};

// Numbers what genomes compute: equal computations have equal numbers. Constants count by value,
// calls by the function they mean.
class Computations {
 public:
  explicit Computations(const std::vector<Gene>& genes) : genes_(genes) {}

  void start(const Genome& genome) {
    genome_ = &genome;
    known_.clear();
  }

  std::size_t number_of(const Expression& term) {
    if (const auto found = known_.find(term.id); found != known_.end()) return found->second;
    const std::size_t number = numbers_.emplace(key_of(term), numbers_.size()).first->second;
    known_.emplace(term.id, number);
    return number;
  }

 private:
  std::string key_of(const Expression& term) {
    std::string key;
    if (term.constant && term.type == Type::number) {
      append_number(key, evaluate_number(term, genes_, *genome_));
      return key;
    }
    append_number(key, static_cast<std::uint8_t>(term.op));
    if (term.constant) {
      append_number(key, static_cast<std::uint8_t>(evaluate_truth(term, genes_, *genome_)));
      return key;
    }
    append_number(key, static_cast<std::uint8_t>(term.column));
    append_text(key, term.text);
    std::span<const ExpressionPtr> arguments(term.arguments);
    if (term.op == Op::call) {
      const ChosenCall call = chosen_call(term, genes_, *genome_);
      append_text(key, call.function->name);
      arguments = call.arguments;
    }
    for (const ExpressionPtr& argument : arguments) {
      append_number(key, static_cast<std::uint64_t>(number_of(*argument)));
    }
    return key;
  }

  const std::vector<Gene>& genes_;
  const Genome* genome_ = nullptr;
  std::map<std::size_t, std::size_t> known_;  // of this genome, by term
  std::map<std::string, std::size_t> numbers_;
};

}  // namespace

Explanation explain(const Experiment& experiment) {
  Explainer explainer(experiment.genes);
  const StrategySettings& strategy = experiment.strategy;
  for (const ExpressionPtr& term :
       {strategy.entry_long, strategy.exit_long, strategy.entry_short, strategy.exit_short}) {
    explainer.signal(term);
  }
  return explainer.take();
}

Sharing sharing_of(const Experiment& experiment, const Explanation& explanation,
                   const std::vector<Genome>& genomes) {
  Computations computations(experiment.genes);
  std::set<std::size_t> columns;
  std::set<std::size_t> predicates;
  for (const Genome& genome : genomes) {
    computations.start(genome);
    for (const ExplainedTerm& one : explanation.columns) {
      columns.insert(computations.number_of(*one.term));
    }
    for (const ExplainedTerm& one : explanation.predicates) {
      predicates.insert(computations.number_of(*one.term));
    }
  }
  return {genomes.size() * explanation.columns.size(), columns.size(),
          genomes.size() * explanation.predicates.size(), predicates.size()};
}

}  // namespace mendel::strategy
