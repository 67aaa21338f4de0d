#include "topology/mendel/seed_spread.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/market/metrics.hpp"
#include "topology/mendel/leaderboard_table.hpp"
#include "topology/mendel/progress_view.hpp"
#include "topology/mendel/run_list.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

constexpr const char* kNone = "–";

config::Value part(const config::Value& value, std::string_view path) {
  const config::Value* found = value.find_path(path);
  return found == nullptr ? config::Value() : *found;
}

std::string metric_of(const strategy::Experiment& experiment) {
  check(!experiment.search.objectives.empty(), "an experiment has an objective");
  const auto metric = static_cast<std::size_t>(experiment.search.objectives.front().metric);
  return std::string(market::kMetricNames[metric]);
}

config::Value run_value(const SeedResult& result, const std::string& metric) {
  config::Value value;
  value.set("seed", result.seed);
  value.set("run", part(result.report, "run"));
  value.set("in_sample", part(result.report, "best.in_sample." + metric));
  value.set("out_of_sample", part(result.report, "best.out_of_sample." + metric));
  for (const char* key : {"evaluations", "generations", "cache_hits"})
    value.set(key, part(result.report, key));
  value.set("verdict", part(result.report, "verdict.verdict"));
  value.set("genes", part(result.report, "best.genes"));
  value.set("digest", part(result.report, "digest"));
  return value;
}

// Least, median (of an even number the mean of the two in the middle) and most; null when none of
// the runs has a number there.
config::Value spread_of(const config::Value& runs, std::string_view path) {
  std::vector<double> numbers;
  for (const config::Value& run : runs.items())
    if (const config::Value number = part(run, path); number.is_number())
      numbers.push_back(number.as_number());
  if (numbers.empty()) return {};
  std::stable_sort(numbers.begin(), numbers.end());
  const std::size_t half = numbers.size() / 2;
  config::Value value;
  value.set("least", numbers.front());
  value.set("median",
            numbers.size() % 2 == 1 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2);
  value.set("most", numbers.back());
  return value;
}

// How often each entry was picked, in the order of the gene's choices.
config::Value counts_of(const strategy::Gene& gene, const config::Value& runs) {
  config::Value counts = config::Value::table();
  for (const config::Value& choice : gene.choices) {
    const std::string text = config::to_json(choice);
    const auto picked =
        std::count_if(runs.items().begin(), runs.items().end(), [&](const config::Value& run) {
          return config::to_json(part(run, "genes." + gene.name)) == text;
        });
    if (picked > 0) counts.set(choice.is_text() ? choice.as_text() : text, std::int64_t{picked});
  }
  config::Value value;
  value.set("counts", std::move(counts));
  return value;
}

config::Value gene_value(const strategy::Gene& gene, const config::Value& runs) {
  if (gene.type == strategy::Gene::Type::choice) return counts_of(gene, runs);
  config::Value value = spread_of(runs, "genes." + gene.name);
  if (value.is_null()) return value;
  const double range = gene.most - gene.least;
  const double apart = value.find("most")->as_number() - value.find("least")->as_number();
  value.set("share_of_range", range > 0 ? apart / range : 0.0);
  return value;
}

config::Value verdicts_of(const config::Value& runs) {
  std::map<std::string, std::int64_t> counts;
  for (const config::Value& run : runs.items()) ++counts[text_of(run, "verdict")];
  config::Value value = config::Value::table();
  for (const auto& [word, count] : counts) value.set(word.empty() ? "none" : word, count);
  return value;
}

std::int64_t picks_in(const config::Value& runs) {
  std::set<std::string> picks;
  for (const config::Value& run : runs.items())
    if (const config::Value genes = part(run, "genes"); genes.is_table())
      picks.insert(config::to_json(genes));
  return std::ssize(picks);
}

std::string number(const config::Value& value, std::string_view path) {
  const config::Value found = part(value, path);
  return found.is_number() ? fmt::format("{:.3f}", found.as_number()) : kNone;
}

std::string whole(const config::Value& value, std::string_view path) {
  const config::Value found = part(value, path);
  return found.is_number() ? with_commas(static_cast<std::uint64_t>(found.as_number())) : kNone;
}

// As the leaderboard writes a gene's value.
std::string gene_text(const config::Value& value, std::string_view path) {
  const config::Value found = part(value, path);
  if (found.is_null()) return kNone;
  config::Value one;
  one.set("", found);
  return genes_text(one).substr(1);
}

std::string runs_text(const config::Value& value) {
  std::vector<std::vector<std::string>> lines = {
      {"seed", "in sample", "out of sample", "evaluations", "verdict", "picked genes"}};
  for (const config::Value& run : value.find("runs")->items()) {
    const config::Value genes = part(run, "genes");
    const std::string verdict = text_of(run, "verdict");
    lines.push_back({std::to_string(run.find("seed")->as_integer()), number(run, "in_sample"),
                     number(run, "out_of_sample"), whole(run, "evaluations"),
                     verdict.empty() ? kNone : verdict,
                     genes.is_table() ? genes_text(genes) : "no feasible genome"});
  }
  return left_aligned(lines);
}

std::string spread_text(const config::Value& value) {
  const config::Value spread = part(value, "spread");
  std::vector<std::vector<std::string>> lines = {{"spread", "min", "median", "max"}};
  lines.push_back({"in sample", number(spread, "in_sample.least"),
                   number(spread, "in_sample.median"), number(spread, "in_sample.most")});
  lines.push_back({"out of sample", number(spread, "out_of_sample.least"),
                   number(spread, "out_of_sample.median"), number(spread, "out_of_sample.most")});
  lines.push_back({"evaluations", whole(spread, "evaluations.least"),
                   whole(spread, "evaluations.median"), whole(spread, "evaluations.most")});
  return aligned(lines);
}

// "" when nothing was picked.
std::string genes_spread_text(const config::Value& value) {
  if (value.find("picks")->as_integer() == 0) return "";
  std::vector<std::vector<std::string>> lines = {{"gene", "min", "median", "max", "apart"}};
  std::string choices;
  for (const auto& [name, gene] : value.find("genes")->entries()) {
    if (const config::Value* counts = gene.find("counts")) {
      choices += fmt::format("{} ", name);
      std::string_view before = " ";
      for (const auto& [choice, count] : counts->entries()) {
        choices += fmt::format("{}{} × {}", before, count.as_integer(), choice);
        before = ", ";
      }
      choices += "\n";
      continue;
    }
    const config::Value share = part(gene, "share_of_range");
    lines.push_back(
        {name, gene_text(gene, "least"), gene_text(gene, "median"), gene_text(gene, "most"),
         share.is_number() ? fmt::format("{:.0f} % of its range", 100 * share.as_number())
                           : kNone});
  }
  return "\n" + (lines.size() > 1 ? aligned(lines) : "") + choices;
}

}  // namespace

config::Value seed_spread_value(const strategy::Experiment& experiment,
                                const std::vector<SeedResult>& results) {
  check(!results.empty(), "a spread is one of runs");
  const std::string metric = metric_of(experiment);
  config::Value runs = config::Value::array();
  for (const SeedResult& result : results) runs.push(run_value(result, metric));
  config::Value spread;
  for (const char* key : {"in_sample", "out_of_sample", "evaluations"})
    spread.set(key, spread_of(runs, key));
  config::Value genes = config::Value::table();
  for (const strategy::Gene& gene : experiment.genes) genes.set(gene.name, gene_value(gene, runs));
  config::Value value;
  value.set("experiment", experiment.name);
  value.set("objective", metric);
  value.set("spread", std::move(spread));
  value.set("genes", std::move(genes));
  value.set("picks", picks_in(runs));
  value.set("verdicts", verdicts_of(runs));
  value.set("runs", std::move(runs));
  return value;
}

std::string seed_spread_text(const config::Value& value) {
  std::string verdicts;
  for (const auto& [word, count] : value.find("verdicts")->entries())
    verdicts += fmt::format("{}{} {}", verdicts.empty() ? "" : ", ", count.as_integer(), word);
  const std::size_t seeds = value.find("runs")->items().size();
  const std::int64_t picks = part(value, "picks").as_integer();
  return fmt::format("\n{} of the picks\n{}\n{}{}\n{} seed{}, {} different pick{}; verdicts: {}\n",
                     text_of(value, "objective"), runs_text(value), spread_text(value),
                     genes_spread_text(value), seeds, seeds == 1 ? "" : "s", picks,
                     picks == 1 ? "" : "s", verdicts);
}

}  // namespace mendel::cli
