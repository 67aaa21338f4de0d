// The part of [search] that says how genomes come about and when enough of them have.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/strategy/constraints.hpp"
#include "shared/strategy/sections.hpp"

namespace mendel::strategy {
namespace {

constexpr double kIndexMax = 1000;
constexpr std::int64_t kWallTimeMaxNs = 366 * kNsPerDay;

// One of three names.
template <class Choice, class Names>
void choose(const Section& section, std::string_view key, const Names& names, Choice& choice) {
  std::string name(names[static_cast<std::size_t>(choice)]);
  section.text(key, name);
  const auto found = std::find(std::begin(names), std::end(names), name);
  if (found != std::end(names)) {
    choice = static_cast<Choice>(found - std::begin(names));
  } else {
    section.refuse(key, fmt::format("must be \"{}\", \"{}\" or \"{}\", not \"{}\"", names[0],
                                    names[1], names[2], name.substr(0, kNameBytesMax)));
  }
}

// "90s", "10m", "2h", "1d"; 0 = no such time.
std::int64_t duration_ns(std::string_view text) {
  constexpr std::array<std::pair<char, std::int64_t>, 4> kUnits = {{{'s', kNsPerSecond},
                                                                    {'m', 60 * kNsPerSecond},
                                                                    {'h', 3600 * kNsPerSecond},
                                                                    {'d', kNsPerDay}}};
  std::int64_t count = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc() || stop + 1 != text.data() + text.size() || count <= 0) return 0;
  for (const auto& [unit, ns] : kUnits) {
    if (unit == *stop && count <= kWallTimeMaxNs / ns) return count * ns;
  }
  return 0;
}

std::vector<std::string> words_of(std::string_view text) {
  // A choice may have spaces: a word without '=' belongs to the one before it.
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (words.empty() || word.find('=') != std::string_view::npos) {
      words.emplace_back(word);
    } else {
      words.back() += fmt::format(" {}", word);
    }
  }
  return words;
}

// What helps on a command line: in a text of `start` a gene has no option before it.
std::string without_options(std::string text) {
  constexpr std::string_view kOption = "--set ";
  for (std::size_t at = 0; (at = text.find(kOption, at)) != std::string::npos;)
    text.erase(at, kOption.size());
  return text;
}

}  // namespace

void read_breeding(const Section& section, SearchSettings& search) {
  // Defaults must not refuse a small population.
  search.elites = std::max<std::int64_t>(1, search.population / 10);
  search.tournament = std::min(search.tournament, search.population);
  section.whole("elites", search.elites, 0, search.population - 1);
  section.whole("tournament", search.tournament, 1, search.population);
  choose(section, "crossover", kCrossoverNames, search.crossover);
  section.number("crossover_rate", search.crossover_rate, 0, 1);
  section.number("crossover_index", search.crossover_index, 0, kIndexMax);
  choose(section, "mutation", kMutationNames, search.mutation);
  section.number("mutation_rate", search.mutation_rate, 0, 1);
  section.number("mutation_index", search.mutation_index, 0, kIndexMax);
  const config::Value* adaptive = section.find("adaptive");
  if (!adaptive) return;
  if (!adaptive->is_bool()) return section.refuse("adaptive", "must be true or false");
  search.adaptive = adaptive->as_bool();
}

void read_method(const Section& section, const std::vector<Gene>& genes, SearchSettings& search) {
  choose(section, "method", kMethodNames, search.method);
  if (search.method != Method::grid) return;
  if (section.find("generations")) {
    return section.refuse("generations",
                          "is not set for a grid, which has as many as it needs; leave it out");
  }
  const auto continuous =
      std::find_if(genes.begin(), genes.end(), [](const Gene& gene) { return gene.levels() == 0; });
  if (continuous != genes.end()) {
    return section.refuse(
        "method", fmt::format("grid needs genes with steps; give gene '{}' a "
                              "step, as in step = {}",
                              continuous->name, (continuous->most - continuous->least) / 10));
  }
  const double size = combinations(genes);
  if (size > kGridMax) {
    return section.refuse(
        "method", fmt::format("grid has {} genomes, more than {}; take larger steps or fewer "
                              "genes, or method = \"random\"",
                              size, kGridMax));
  }
  const auto at_once = search.population * search.islands;
  search.generations = (static_cast<std::int64_t>(size) + at_once - 1) / at_once;
  if (search.generations > kGenerationsMax) {
    section.refuse("method", fmt::format("grid has {} genomes, {} generations of {}: more than {}; "
                                         "make the population larger",
                                         size, search.generations, at_once, kGenerationsMax));
  }
}

void read_stops(const Section& section, SearchSettings& search) {
  section.whole("evaluations_max", search.evaluations_max, 0,
                std::numeric_limits<std::int64_t>::max());
  section.whole("stagnation", search.stagnation, 0, kGenerationsMax);
  if (section.find("target")) {
    double target = 0;
    constexpr double kMost = std::numeric_limits<double>::max();
    section.number("target", target, -kMost, kMost);
    search.target = target;
  }
  std::string time;
  section.text("wall_time", time);
  if (!section.find("wall_time") || time.empty()) return;
  search.wall_time_ns = duration_ns(time);
  if (search.wall_time_ns == 0) {
    section.refuse("wall_time", "must be a whole number and s, m, h or d, as in \"10m\"");
  }
}

void read_start(Draft& draft, Experiment& experiment) {
  const Section section = search_section(draft);
  const auto slots = experiment.search.population * experiment.search.islands;
  for (const config::Value* value : section.texts("start", kStartMax)) {
    const auto genome = genome_from_words(experiment, words_of(value->as_text()));
    if (!genome) return draft.refuse_inside(*value, 0, without_options(genome.error().message));
    if (const std::string broken = broken_constraint(experiment, *genome); !broken.empty()) {
      return draft.refuse_inside(*value, 0, "breaks " + broken);
    }
    experiment.search.start.push_back(*genome);
  }
  if (!draft.ok() || experiment.search.start.empty()) return;
  if (experiment.search.method == Method::grid) {
    return section.refuse("start", "means nothing to a grid; leave it out");
  }
  if (static_cast<std::int64_t>(experiment.search.start.size()) > slots) {
    section.refuse("start", fmt::format("names {} genomes, more than the first generation's {}",
                                        experiment.search.start.size(), slots));
  }
}

}  // namespace mendel::strategy
