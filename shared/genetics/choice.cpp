#include "shared/genetics/choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "shared/base/check.hpp"
#include "shared/genetics/ranking.hpp"

namespace mendel::genetics {
namespace {

constexpr std::string_view kWeighted = "weighted:";

std::optional<std::vector<double>> read_weights(std::string_view text) {
  std::vector<double> weights;
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    double weight = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), weight);
    if (error != std::errc() || end != word.data() + word.size() || !(weight >= 0))
      return std::nullopt;
    weights.push_back(weight);
    if (comma == text.size()) return weights;
    text.remove_prefix(comma + 1);
  }
}

// Objectives of a front's members, 1 = the front's best, 0 = its worst; 1 where all are equal.
std::vector<std::vector<double>> scaled(const strategy::SearchSettings& search,
                                        std::span<const Member> members,
                                        std::span<const std::size_t> front) {
  std::vector<std::vector<double>> result(front.size());
  for (std::size_t i = 0; i < search.objectives.size(); ++i) {
    const auto value = [&](std::size_t place) {
      const double raw = *members[front[place]].scoring.objectives[i];
      return search.objectives[i].maximise ? raw : -raw;
    };
    double least = value(0);
    double most = value(0);
    for (std::size_t place = 1; place < front.size(); ++place) {
      least = std::min(least, value(place));
      most = std::max(most, value(place));
    }
    for (std::size_t place = 0; place < front.size(); ++place)
      result[place].push_back(most == least ? 1 : (value(place) - least) / (most - least));
  }
  return result;
}

double merit(const std::vector<double>& objectives, const std::vector<double>& weights) {
  double sum = 0;
  for (std::size_t i = 0; i < objectives.size(); ++i)
    sum +=
        weights.empty() ? -(1 - objectives[i]) * (1 - objectives[i]) : weights[i] * objectives[i];
  return sum;
}

}  // namespace

Status check_pick(const strategy::SearchSettings& search) {
  const std::string_view text = search.pick;
  if (text == "first" || text == "knee") return {};
  if (text.substr(0, kWeighted.size()) == kWeighted) {
    const auto weights = read_weights(text.substr(kWeighted.size()));
    if (weights && weights->size() == search.objectives.size()) return {};
  }
  return configuration_error(
      fmt::format("search.pick: '{}' must be first, knee or weighted:<w>,… with one number >= 0 "
                  "for each of the "
                  "{} objectives",
                  text, search.objectives.size()));
}

std::optional<std::size_t> pick(const strategy::SearchSettings& search,
                                std::span<const Member> members) {
  if (search.objectives.size() < 2) {
    const auto best = order(search, members);
    if (best.empty() || !members[best.front()].scoring.feasible()) return std::nullopt;
    return best.front();
  }
  const auto all = fronts(search, members);
  if (all.empty()) return std::nullopt;
  const auto& front = all.front();
  // A front stands in the order of its first objective.
  if (search.pick == "first") return front.front();
  std::vector<double> weights;
  if (search.pick != "knee") {
    const auto read = read_weights(std::string_view(search.pick).substr(kWeighted.size()));
    check(read && read->size() == search.objectives.size(), "pick() without check_pick()");
    weights = *read;
  }
  const auto objectives = scaled(search, members, front);
  std::size_t best = 0;
  for (std::size_t place = 1; place < front.size(); ++place)
    if (merit(objectives[place], weights) > merit(objectives[best], weights)) best = place;
  return front[best];
}

std::vector<Member> finalists(const strategy::SearchSettings& search,
                              std::span<const Member> members, std::size_t others) {
  std::vector<Member> result;
  const auto picked = pick(search, members);
  if (!picked) return result;
  std::set<strategy::Genome> seen{members[*picked].genome};
  result.push_back(members[*picked]);
  for (const std::size_t i : order(search, members)) {
    if (result.size() > others || !members[i].scoring.feasible()) break;
    if (seen.insert(members[i].genome).second) result.push_back(members[i]);
  }
  return result;
}

}  // namespace mendel::genetics
