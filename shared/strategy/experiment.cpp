#include "shared/strategy/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "shared/base/bytes.hpp"
#include "shared/base/check.hpp"
#include "shared/base/time.hpp"
#include "shared/base/version.hpp"
#include "shared/strategy/canonical.hpp"
#include "shared/strategy/draft.hpp"
#include "shared/strategy/evaluation.hpp"
#include "shared/strategy/expression.hpp"
#include "shared/strategy/formulas.hpp"
#include "shared/strategy/measures.hpp"
#include "shared/strategy/name.hpp"
#include "shared/strategy/sections.hpp"

namespace mendel::strategy {
namespace {

// "demo" of "topology/demo.toml".
std::string stem(std::string_view file) {
  file.remove_prefix(std::min(file.rfind('/') + 1, file.size()));
  const std::string name = name_from(file.substr(0, file.rfind('.')));
  return name.empty() ? "experiment" : name;
}

std::string read_name(Draft& draft, const Section& root, std::string_view file) {
  std::string name = stem(file);
  root.text("name", name);
  if (!is_valid_name(name)) root.refuse("name", name_rule());
  return draft.ok() ? name : "experiment";
}

// How many bars open within one day, at most.
std::int64_t bars_per_day(const market::Timeframe& timeframe) {
  return (kNsPerDay + timeframe.length_ns - 1) / timeframe.length_ns;
}

// What levels and sizes read before a signal: the ATR, and closes of whole days.
std::int64_t risk_look_back(const RiskSettings& risk, const market::Timeframe& timeframe) {
  std::int64_t most = 0;
  if (risk.atr_period) {
    most = atr_bars_before(static_cast<std::int64_t>(risk.atr_period->range.most));
  }
  if (risk.volatility_days) {
    const auto days = static_cast<std::int64_t>(risk.volatility_days->range.most);
    most = std::max(most, (days + 2) * bars_per_day(timeframe));
  }
  return most;
}

std::int64_t look_back_of(const Experiment& experiment) {
  const StrategySettings& strategy = experiment.strategy;
  std::int64_t most = risk_look_back(experiment.risk, experiment.data.timeframe);
  for (const ExpressionPtr& term :
       {strategy.entry_long, strategy.exit_long, strategy.entry_short, strategy.exit_short}) {
    if (term) most = std::max(most, term->look_back);
  }
  return most;
}

void finish(Draft& draft, Experiment& experiment) {
  check_exits(draft, experiment);
  check_genes_used(draft, experiment);
  if (!draft.ok()) return;
  experiment.look_back = look_back_of(experiment);
  experiment.canonical_text = canonical_text(experiment);
  if (experiment.canonical_text.size() > kExperimentBytesMax) {
    return draft.refuse(
        {1, 1}, fmt::format("with let names put in, more than {} bytes", kExperimentBytesMax));
  }
  experiment.digest = sha256(experiment.canonical_text);
  experiment.nameless_digest = sha256(nameless_text(experiment));
  experiment.semantics_digest = sha256(semantics_text(experiment));
}

// What a gene allows, for messages: "a whole number from 5 to 50, step 5".
std::string allowed(const Gene& gene) {
  if (gene.type != Gene::Type::choice && gene.least == gene.most) {
    return fmt::format("{}", gene.least);
  }
  if (gene.type == Gene::Type::choice) {
    std::string list;
    for (const config::Value& choice : gene.choices) {
      list += list.empty() ? "one of " : ", ";
      list += choice.is_text() ? choice.as_text() : fmt::format("{}", choice.as_number());
    }
    return list;
  }
  std::string text = fmt::format("{} from {} to {}",
                                 gene.type == Gene::Type::integer ? "a whole number" : "a number",
                                 gene.least, gene.most);
  const bool plain_step = gene.type == Gene::Type::integer && gene.step == 1;
  if (gene.step > 0 && !plain_step) text += fmt::format(", step {}", gene.step);
  return text;
}

std::optional<double> gene_value(const Gene& gene, std::string_view text) {
  double number = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = code == std::errc() && stop == text.data() + text.size();
  if (gene.is_bool() && (text == "true" || text == "false")) return text == "true" ? 1 : 0;
  const bool is_text = gene.type == Gene::Type::choice && gene.choices.front().is_text();
  if (is_text) return gene.entry_of(config::Value(text));
  return is_number ? gene.entry_of(config::Value(number)) : std::nullopt;
}

std::vector<std::string> gene_names(const Experiment& experiment) {
  std::vector<std::string> names;
  names.reserve(experiment.genes.size());
  for (const Gene& gene : experiment.genes) names.push_back(gene.name);
  return names;
}

// Some value that the gene allows, as a person would write it.
std::string example_value(const Gene& gene) {
  if (gene.type != Gene::Type::choice) {
    const double middle = gene.snap((gene.least + gene.most) / 2);
    // Few digits, where the gene allows them: 0.105, not 0.10500000000000001.
    const std::string few = fmt::format("{:.4g}", middle);
    const bool is_allowed = gene.type == Gene::Type::real && gene_value(gene, few);
    return is_allowed ? few : fmt::format("{}", middle);
  }
  const config::Value& choice = gene.choices.front();
  return choice.is_text() ? choice.as_text() : fmt::format("{}", choice.as_number());
}

// All genes without a value at once, and how one is given; "" = every gene has one.
std::string missing_genes(const std::vector<Gene>& genes, const std::vector<bool>& given) {
  std::string list;
  std::string words;
  for (std::size_t i = 0; i < genes.size(); ++i) {
    if (given[i]) continue;
    const bool first = list.empty();
    list += fmt::format("{}'{}' ({})", first ? "" : ", ", genes[i].name, allowed(genes[i]));
    words += fmt::format(" --set {}={}", genes[i].name, example_value(genes[i]));
  }
  if (list.empty()) return "";
  return fmt::format("no value for gene {}; add, for example,{}", list, words);
}

}  // namespace

std::uint8_t Experiment::windows() const {
  const auto bit = [](market::Window window) { return 1u << static_cast<unsigned>(window); };
  unsigned bits = bit(market::Window::in_sample);
  if (data.out_of_sample) bits |= bit(market::Window::out_of_sample);
  return static_cast<std::uint8_t>(bits);
}

std::vector<ExpressionPtr> RiskSettings::terms() const {
  return {size_value,    volatility_days,  stop_loss,       take_profit,
          trailing_stop, stop_loss_atr,    take_profit_atr, trailing_stop_atr,
          atr_period,    max_holding_bars, cool_down_bars};
}

const TimeRange& Experiment::range(market::Window window) const {
  if (window == market::Window::in_sample) return data.in_sample;
  check(data.out_of_sample.has_value(), "the experiment has no out-of-sample window");
  return *data.out_of_sample;
}

Result<Experiment> read_experiment(std::string_view text, std::string_view file,
                                   const Overrides& overrides) {
  Draft draft(text, file, overrides);
  if (!draft.ok()) return draft.status().error();
  Experiment experiment;
  const Section root(
      draft, "",
      {"name", "data", "account", "strategy", "genes", "risk", "costs", "search", "results"});
  experiment.name = read_name(draft, root, file);
  experiment.data = read_data(draft);
  read_account(draft, experiment.equity, experiment.limits);
  experiment.genes = read_genes(draft);
  if (!draft.ok()) return draft.status().error();

  const config::Value* strategy = draft.root().find("strategy");
  Formulas formulas(draft, experiment.genes, experiment.data,
                    strategy ? strategy->find("let") : nullptr);
  experiment.strategy = read_strategy(draft, formulas);
  experiment.risk = read_risk(draft, formulas, experiment.limits.max_leverage);
  experiment.costs = read_costs(draft);
  experiment.search = read_search(draft, experiment.genes);
  experiment.results = read_results(draft, experiment.search);
  if (draft.ok()) read_start(draft, experiment);
  if (draft.ok()) formulas.check_lets_used();
  if (draft.ok()) finish(draft, experiment);
  if (!draft.ok()) return draft.status().error();
  return experiment;
}

Result<Genome> genome_from_words(const Experiment& experiment,
                                 const std::vector<std::string>& words) {
  const std::size_t count = experiment.genes.size();
  Genome genome(count, 0);
  std::vector<bool> given(count, false);
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (equals == std::string::npos) {
      return configuration_error(fmt::format("'{}' is no gene setting; write name=value", word));
    }
    const std::vector<std::string> names = gene_names(experiment);
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      return configuration_error(
          fmt::format("unknown gene '{}'{}", name, config::suggestion(name, names)));
    }
    const auto at = static_cast<std::size_t>(found - names.begin());
    const Gene& gene = experiment.genes[at];
    if (given[at]) return configuration_error(fmt::format("gene '{}' is set twice", name));
    const auto value = gene_value(gene, std::string_view(word).substr(equals + 1));
    if (!value) {
      return configuration_error(fmt::format("gene '{}' cannot be '{}'; it must be {}", name,
                                             word.substr(equals + 1), allowed(gene)));
    }
    genome[at] = *value;
    given[at] = true;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (given[i] || !experiment.genes[i].value) continue;
    genome[i] = *experiment.genes[i].value;
    given[i] = true;
  }
  if (const std::string missing = missing_genes(experiment.genes, given); !missing.empty()) {
    return configuration_error(missing);
  }
  return genome;
}

bool belongs(const Experiment& experiment, const Genome& genome) {
  if (genome.size() != experiment.genes.size()) return false;
  for (std::size_t i = 0; i < genome.size(); ++i) {
    // Bits decide: NaN differs from itself, and -0 is held as +0.
    if (!std::isfinite(genome[i]) || std::signbit(genome[i] == 0 ? genome[i] : 0.0)) return false;
    if (experiment.genes[i].snap(genome[i]) != genome[i]) return false;
  }
  return true;
}

bool satisfies_constraints(const Experiment& experiment, const Genome& genome) {
  check(genome.size() == experiment.genes.size(), "a genome has one value per gene");
  return std::all_of(experiment.strategy.constraints.begin(), experiment.strategy.constraints.end(),
                     [&](const ExpressionPtr& term) {
                       return evaluate_truth(*term, experiment.genes, genome) == Truth::yes;
                     });
}

namespace {

// What an evaluation key is the digest of: first what all of an experiment have in common.
void append_common(std::string& bytes, const Digest& dataset_id, const Experiment& experiment) {
  append_text(bytes, "mendel evaluation key 1");
  bytes += dataset_id.view();
  bytes += experiment.semantics_digest.view();
}

void append_rest(std::string& bytes, const Genome& genome, std::uint8_t windows) {
  append_number(bytes, static_cast<std::uint32_t>(sizeof(double) * genome.size()));
  for (const double value : genome) append_number(bytes, value);
  append_number(bytes, windows);
  append_number(bytes, kEngineVersion);
}

}  // namespace

EvaluationKeys::EvaluationKeys(const Digest& dataset_id, const Experiment& experiment,
                               std::uint8_t windows)
    : windows_(windows) {
  std::string common;
  append_common(common, dataset_id, experiment);
  common_.update(common);
}

Digest EvaluationKeys::of(const Genome& genome) {
  rest_.clear();
  append_rest(rest_, genome, windows_);
  return common_.finished_with(rest_);
}

Digest evaluation_key(const Digest& dataset_id, const Experiment& experiment, const Genome& genome,
                      std::uint8_t windows) {
  std::string bytes;
  bytes.reserve(128 + sizeof(double) * genome.size());
  append_common(bytes, dataset_id, experiment);
  append_rest(bytes, genome, windows);
  return sha256(bytes);
}

}  // namespace mendel::strategy
