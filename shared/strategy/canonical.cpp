#include "shared/strategy/canonical.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/strategy/expression.hpp"

namespace mendel::strategy {
namespace {

// A basic string of TOML.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

template <class Items, class Show>
std::string listed(const Items& items, const Show& show) {
  std::string out = "[";
  for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + show(item);
  return out + "]";
}

std::string moment(std::int64_t time_ns) {
  return time_ns % kNsPerDay == 0 ? format_date(time_ns) : format_time(time_ns);
}

std::string range_text(const TimeRange& range) {
  return fmt::format("[{}, {}]", moment(range.from_ns), moment(range.to_ns));
}

std::string choice_text(const config::Value& choice) {
  if (choice.is_text()) return quoted(choice.as_text());
  return fmt::format("{}", choice.as_number());
}

std::string choices_text(const Gene& gene) { return listed(gene.choices, choice_text); }

std::string gene_text(const Gene& gene) {
  if (gene.type == Gene::Type::choice) return fmt::format("{{ choice = {} }}", choices_text(gene));
  return fmt::format("{{ {} = [{}, {}], step = {}{} }}",
                     gene.type == Gene::Type::integer ? "int" : "real", gene.least, gene.most,
                     gene.step, gene.logarithmic ? ", log = true" : "");
}

// A number stays a number; null is 0, which means off.
std::string constant_text(const ExpressionPtr& term) {
  if (!term) return "0";
  return term->op == Op::number ? to_text(*term) : quoted(to_text(*term));
}

void add_signal(std::string& out, std::string_view key, const ExpressionPtr& term) {
  if (term) out += fmt::format("{} = {}\n", key, quoted(to_text(*term)));
}

std::string periods_text(const DataSettings& data) {
  return data.periods_per_year ? fmt::format("periods_per_year = {}\n", *data.periods_per_year)
                               : "";
}

std::string windows_text(const DataSettings& data) {
  std::string out = fmt::format("in_sample = {}\n", range_text(data.in_sample));
  if (data.out_of_sample) {
    out += fmt::format("out_of_sample = {}\n", range_text(*data.out_of_sample));
  }
  return out;
}

std::string data_text(const DataSettings& data) {
  return fmt::format("[data]\nsource = {}\nsymbols = {}\ntimeframe = {}\n{}{}min_coverage = {}\n",
                     quoted(data.source),
                     listed(data.symbols, [](const std::string& s) { return quoted(s); }),
                     quoted(data.timeframe.name), windows_text(data), periods_text(data),
                     data.min_coverage) +
         (data.shuffle > 0 ? fmt::format("shuffle = {}\n", data.shuffle) : "");
}

std::string strategy_text(const StrategySettings& strategy, bool with_constraints) {
  constexpr std::string_view kDirections[] = {"long", "short", "both"};
  std::string out = fmt::format("[strategy]\ndirection = \"{}\"\n",
                                kDirections[static_cast<std::size_t>(strategy.direction)]);
  if (strategy.fill == Fill::close) out += "fill = \"close\"\n";
  add_signal(out, "entry_long", strategy.entry_long);
  add_signal(out, "exit_long", strategy.exit_long);
  add_signal(out, "entry_short", strategy.entry_short);
  add_signal(out, "exit_short", strategy.exit_short);
  if (with_constraints) {
    const auto show = [](const ExpressionPtr& term) { return quoted(to_text(*term)); };
    out += fmt::format("constraints = {}\n", listed(strategy.constraints, show));
  }
  return out;
}

// Settings that are younger than the first digests are spelled out only when they are on: an
// experiment without them keeps its digests.
std::string younger_risk_text(const RiskSettings& risk) {
  const std::pair<std::string_view, const ExpressionPtr&> settings[] = {
      {"volatility_days", risk.volatility_days},     {"trailing_stop", risk.trailing_stop},
      {"stop_loss_atr", risk.stop_loss_atr},         {"take_profit_atr", risk.take_profit_atr},
      {"trailing_stop_atr", risk.trailing_stop_atr}, {"atr_period", risk.atr_period}};
  std::string out;
  for (const auto& [key, term] : settings) {
    if (term) out += fmt::format("{} = {}\n", key, constant_text(term));
  }
  return out;
}

std::string risk_text(const RiskSettings& risk) {
  return fmt::format(
      "[risk]\nsize = {{ {} = {} }}\nstop_loss = {}\ntake_profit = {}\nmax_holding_bars = {}\n"
      "cool_down_bars = {}\nmax_gap_bars = {}\n{}",
      kSizeNames[static_cast<std::size_t>(risk.size)], constant_text(risk.size_value),
      constant_text(risk.stop_loss), constant_text(risk.take_profit),
      constant_text(risk.max_holding_bars), constant_text(risk.cool_down_bars), risk.max_gap_bars,
      younger_risk_text(risk));
}

std::string costs_text(const CostSettings& costs) {
  return fmt::format(
      "[costs]\nfee_bps = {}\nslippage_bps = {}\nborrow_bps_per_day = {}\nfunding_bps_per_8h = "
      "{}\n",
      costs.fee_bps, costs.slippage_bps, costs.borrow_bps_per_day, costs.funding_bps_per_8h);
}

std::string account_text(const Experiment& experiment) {
  const AccountLimits& limits = experiment.limits;
  std::string out = fmt::format("[account]\nequity = {}\n", experiment.equity);
  if (limits.max_leverage != 1) out += fmt::format("max_leverage = {}\n", limits.max_leverage);
  if (limits.lot_step != 0) out += fmt::format("lot_step = {}\n", limits.lot_step);
  if (limits.min_notional != 0) out += fmt::format("min_notional = {}\n", limits.min_notional);
  return out;
}

// How genomes come about; a grid has as many generations as it needs.
std::string method_text(const SearchSettings& search) {
  std::string out =
      fmt::format("[search]\nmethod = \"{}\"\npopulation = {}\n",
                  kMethodNames[static_cast<std::size_t>(search.method)], search.population);
  if (search.method != Method::grid) out += fmt::format("generations = {}\n", search.generations);
  return out + fmt::format(
                   "islands = {{ count = {}, migration_every = {} }}\nseed = {}\nelites = {}\n"
                   "tournament = {}\ncrossover = \"{}\"\ncrossover_rate = {}\n"
                   "crossover_index = {}\nmutation = \"{}\"\nmutation_rate = {}\n"
                   "mutation_index = {}\nadaptive = {}\n",
                   search.islands, search.migration_every, search.seed, search.elites,
                   search.tournament, kCrossoverNames[static_cast<std::size_t>(search.crossover)],
                   search.crossover_rate, search.crossover_index,
                   kMutationNames[static_cast<std::size_t>(search.mutation)], search.mutation_rate,
                   search.mutation_index, search.adaptive);
}

// Spelled out only when they are on.
std::string stops_text(const SearchSettings& search) {
  std::string out;
  if (search.evaluations_max > 0)
    out += fmt::format("evaluations_max = {}\n", search.evaluations_max);
  if (search.wall_time_ns > 0)
    out += fmt::format("wall_time = \"{}s\"\n", search.wall_time_ns / kNsPerSecond);
  if (search.stagnation > 0) out += fmt::format("stagnation = {}\n", search.stagnation);
  if (search.target) out += fmt::format("target = {}\n", *search.target);
  return out;
}

std::string search_text(const Experiment& experiment) {
  const SearchSettings& search = experiment.search;
  const auto objective = [](const Objective& o) { return quoted(objective_text(o)); };
  const auto limit = [](const Limit& l) {
    return fmt::format("\"{} {} {}\"", market::kMetricNames[static_cast<std::size_t>(l.metric)],
                       l.comparison, l.bound);
  };
  const auto genome = [&](const Genome& g) { return quoted(to_words(experiment.genes, g)); };
  const std::string start =
      search.start.empty() ? "" : fmt::format("start = {}\n", listed(search.start, genome));
  return fmt::format("{}objectives = {}\nlimits = {}\npick = {}\nreport_best = {}\n{}{}",
                     method_text(search), listed(search.objectives, objective),
                     listed(search.limits, limit), quoted(search.pick), search.report_best,
                     stops_text(search), start);
}

// Younger than the first digests: spelled out only where it is not plainly "all". What the database
// takes changes no score and no generation, so digest_0 starts without it.
std::string results_text(const Experiment& experiment) {
  const Stored stored = experiment.results.database;
  if (stored == Stored::all && default_storage(experiment.search) == Stored::all) return "";
  return fmt::format("\n[results]\ndatabase = \"{}\"\n",
                     kStoredNames[static_cast<std::size_t>(stored)]);
}

}  // namespace

std::string objective_text(const Objective& objective) {
  return fmt::format("{} {}", market::kMetricNames[static_cast<std::size_t>(objective.metric)],
                     objective.maximise ? "max" : "min");
}

std::string nameless_text(const Experiment& experiment) {
  std::string genes = "[genes]\n";
  for (const Gene& gene : experiment.genes) {
    genes += fmt::format("{} = {}\n", gene.name, gene_text(gene));
  }
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", data_text(experiment.data),
                     account_text(experiment), strategy_text(experiment.strategy, true), genes,
                     risk_text(experiment.risk), costs_text(experiment.costs),
                     search_text(experiment));
}

std::string canonical_text(const Experiment& experiment) {
  return fmt::format("name = {}\n\n{}{}", quoted(experiment.name), nameless_text(experiment),
                     results_text(experiment));
}

std::string semantics_text(const Experiment& experiment) {
  // A genome is numbers in the order of the genes; a choice is an index into its list.
  std::string genes = "[genes]\n";
  for (const Gene& gene : experiment.genes) {
    const bool choice = gene.type == Gene::Type::choice;
    genes += fmt::format("{} = {}\n", gene.name, choice ? choices_text(gene) : "number");
  }
  return fmt::format("{}{}{}{}{}{}{}look_back = {}\n", windows_text(experiment.data),
                     periods_text(experiment.data), account_text(experiment),
                     strategy_text(experiment.strategy, false), genes, risk_text(experiment.risk),
                     costs_text(experiment.costs), experiment.look_back);
}

}  // namespace mendel::strategy
