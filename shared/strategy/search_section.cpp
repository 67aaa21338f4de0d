#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

#include "shared/strategy/lexer.hpp"
#include "shared/strategy/sections.hpp"

namespace mendel::strategy {
namespace {

std::optional<market::Metric> read_metric(Draft& draft, const config::Value& value,
                                          const Token& token) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    if (token.text == market::kMetricNames[i]) return static_cast<market::Metric>(i);
    known.emplace_back(market::kMetricNames[i]);
  }
  const std::string_view name = token.text.substr(0, kNameBytesMax);
  draft.refuse_inside(value, token.offset,
                      fmt::format("unknown metric '{}'{}", name, config::suggestion(name, known)));
  return std::nullopt;
}

std::vector<Token> words_of(Draft& draft, const config::Value& value) {
  auto tokens = tokenize(value.as_text());
  if (const auto* complaint = std::get_if<Complaint>(&tokens)) {
    draft.refuse_inside(value, complaint->offset, complaint->what);
    return {Token{}};
  }
  return std::get<std::vector<Token>>(std::move(tokens));
}

void read_objective(Draft& draft, const config::Value& value, SearchSettings& search) {
  const std::vector<Token> words = words_of(draft, value);
  if (!draft.ok()) return;
  if (words.size() != 3 || !(words[1].is("max") || words[1].is("min"))) {
    return draft.refuse_inside(value, 0,
                               "an objective is a metric and max or min: "
                               "\"sharpe_ratio max\"");
  }
  const auto metric = read_metric(draft, value, words[0]);
  if (!metric) return;
  for (const Objective& other : search.objectives) {
    if (other.metric == *metric) {
      return draft.refuse_inside(value, 0,
                                 fmt::format("'{}' is an objective twice", words[0].text));
    }
  }
  search.objectives.push_back({*metric, words[1].is("max")});
}

void read_limit(Draft& draft, const config::Value& value, SearchSettings& search) {
  const std::vector<Token> words = words_of(draft, value);
  if (!draft.ok()) return;
  const bool negative = words.size() == 5 && words[2].is("-");
  const Token& bound = words[words.size() < 2 ? 0 : words.size() - 2];
  const bool shape =
      (words.size() == 4 || negative) && bound.kind == Token::Kind::number &&
      (words[1].is(">=") || words[1].is(">") || words[1].is("<=") || words[1].is("<"));
  if (!shape) {
    return draft.refuse_inside(value, 0,
                               "a limit is a metric, one of >= > <= <, and a number: "
                               "\"trade_count >= 30\"");
  }
  if (const auto metric = read_metric(draft, value, words[0])) {
    search.limits.push_back(
        {*metric, std::string(words[1].text), (negative ? -bound.number : bound.number) + 0.0});
  }
}

void read_islands(Draft& draft, const Section& section, SearchSettings& search) {
  const config::Value* islands = section.find("islands");
  if (!islands || !islands->is_table()) return section.whole("islands", search.islands, 1, 1024);
  const Section table(draft, *islands, "search.islands", {"count", "migration_every"});
  table.whole("count", search.islands, 1, 1024);
  table.whole("migration_every", search.migration_every, 1, 100'000);
}

// "weighted:2,1" with one weight per objective, not all of them 0, spelled the canonical way.
std::string read_weights(std::string_view list, std::size_t wanted) {
  std::string canonical = "weighted:";
  std::size_t count = 0;
  bool any = false;
  while (true) {
    double weight = 0;
    const auto [stop, code] = std::from_chars(list.data(), list.data() + list.size(), weight);
    if (code != std::errc() || !(weight >= 0 && weight <= 1e9)) return "";
    any = any || weight > 0;
    canonical += fmt::format("{}{}", count++ ? "," : "", weight + 0.0);
    list.remove_prefix(static_cast<std::size_t>(stop - list.data()));
    if (list.empty()) return count == wanted && any ? canonical : "";
    if (list.front() != ',' || count == wanted) return "";
    list.remove_prefix(1);
  }
}

void read_pick(Draft& draft, const Section& section, SearchSettings& search) {
  section.text("pick", search.pick);
  if (!draft.ok() || search.pick == "first" || search.pick == "knee") return;
  constexpr std::string_view kWeighted = "weighted:";
  if (search.pick.substr(0, kWeighted.size()) == kWeighted) {
    search.pick = read_weights(std::string_view(search.pick).substr(kWeighted.size()),
                               search.objectives.size());
    if (!search.pick.empty()) return;
  }
  section.refuse("pick",
                 "must be \"first\", \"knee\", or \"weighted:\" and one weight of at least "
                 "0 for each objective, one of them above 0, as in \"weighted:2,1\"");
}

}  // namespace

Section search_section(Draft& draft) {
  return Section(draft, "search",
                 {"method",         "population",      "generations", "islands",
                  "seed",           "elites",          "tournament",  "crossover",
                  "crossover_rate", "crossover_index", "mutation",    "mutation_rate",
                  "mutation_index", "adaptive",        "objectives",  "limits",
                  "pick",           "report_best",     "start",       "stagnation",
                  "target",         "evaluations_max", "wall_time"});
}

SearchSettings read_search(Draft& draft, const std::vector<Gene>& genes) {
  const Section section = search_section(draft);
  SearchSettings search;
  section.whole("population", search.population, kPopulationMin, kPopulationMax);
  section.whole("generations", search.generations, 1, kGenerationsMax);
  read_islands(draft, section, search);
  auto seed = static_cast<std::int64_t>(search.seed);
  section.whole("seed", seed, 0, std::numeric_limits<std::int64_t>::max());
  search.seed = static_cast<std::uint64_t>(seed);
  read_breeding(section, search);
  read_method(section, genes, search);
  for (const config::Value* value : section.texts("objectives", kObjectivesMax)) {
    read_objective(draft, *value, search);
  }
  if (search.objectives.empty()) {
    if (section.find("objectives")) section.refuse("objectives", "names no objective");
    search.objectives.push_back({market::Metric::sharpe_ratio, true});
  }
  for (const config::Value* value : section.texts("limits", kLimitsMax)) {
    read_limit(draft, *value, search);
  }
  read_pick(draft, section, search);
  section.whole("report_best", search.report_best, 0, 100);
  read_stops(section, search);
  return search;
}

}  // namespace mendel::strategy
