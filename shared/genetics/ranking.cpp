#include "shared/genetics/ranking.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "shared/base/check.hpp"

namespace mendel::genetics {
namespace {

// Objective i with its sign turned so that more is better. Requires that it is defined.
double merit(const strategy::SearchSettings& search, const Member& member, std::size_t i) {
  const double value = *member.scoring.objectives[i];
  return search.objectives[i].maximise ? value : -value;
}

// -1: a is better, 1: b is better, 0: equal objectives; objectives in their order of importance.
int compare_objectives(const strategy::SearchSettings& search, const Member& a, const Member& b) {
  for (std::size_t i = 0; i < search.objectives.size(); ++i) {
    const double left = merit(search, a, i);
    const double right = merit(search, b, i);
    if (left > right) return -1;
    if (left < right) return 1;
  }
  return 0;
}

bool before(const strategy::SearchSettings& search, const Member& a, const Member& b) {
  const auto& left = a.scoring;
  const auto& right = b.scoring;
  if (left.validity != right.validity) return left.validity < right.validity;
  if (left.validity == Validity::infeasible && left.violation != right.violation)
    return left.violation < right.violation;
  if (left.feasible())
    if (const int which = compare_objectives(search, a, b); which != 0) return which < 0;
  return compare_bytes(a.genome, b.genome) < 0;
}

bool dominates(const strategy::SearchSettings& search, const Member& a, const Member& b) {
  bool better = false;
  for (std::size_t i = 0; i < search.objectives.size(); ++i) {
    const double left = merit(search, a, i);
    const double right = merit(search, b, i);
    if (left < right) return false;
    better = better || left > right;
  }
  return better;
}

std::vector<std::size_t> sorted(const strategy::SearchSettings& search,
                                std::span<const Member> members) {
  std::vector<std::size_t> indices(members.size());
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  std::stable_sort(indices.begin(), indices.end(), [&](std::size_t a, std::size_t b) {
    return before(search, members[a], members[b]);
  });
  return indices;
}

}  // namespace

int compare_bytes(const strategy::Genome& a, const strategy::Genome& b) {
  check(a.size() == b.size(), "genomes of one experiment have one length");
  return a.empty() ? 0 : std::memcmp(a.data(), b.data(), a.size() * sizeof(double));
}

std::vector<std::vector<std::size_t>> fronts(const strategy::SearchSettings& search,
                                             std::span<const Member> members) {
  // Sorted by objectives a member can only be dominated by one before it.
  std::vector<std::vector<std::size_t>> result;
  for (const std::size_t candidate : sorted(search, members)) {
    if (!members[candidate].scoring.feasible()) break;
    const auto beaten = [&](const std::vector<std::size_t>& front) {
      return std::any_of(front.rbegin(), front.rend(), [&](std::size_t other) {
        return dominates(search, members[other], members[candidate]);
      });
    };
    const auto front = std::find_if_not(result.begin(), result.end(), beaten);
    if (front == result.end())
      result.push_back({candidate});
    else
      front->push_back(candidate);
  }
  return result;
}

std::vector<double> crowding(const strategy::SearchSettings& search,
                             std::span<const Member> members, std::span<const std::size_t> front) {
  std::vector<double> distance(front.size(), 0);
  std::vector<std::size_t> places(front.size());
  for (std::size_t i = 0; i < search.objectives.size(); ++i) {
    std::iota(places.begin(), places.end(), std::size_t{0});
    const auto value = [&](std::size_t place) { return merit(search, members[front[place]], i); };
    std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
      if (value(a) != value(b)) return value(a) < value(b);
      return compare_bytes(members[front[a]].genome, members[front[b]].genome) < 0;
    });
    const double span = value(places.back()) - value(places.front());
    distance[places.front()] = std::numeric_limits<double>::infinity();
    distance[places.back()] = std::numeric_limits<double>::infinity();
    if (span == 0) continue;
    for (std::size_t k = 1; k + 1 < places.size(); ++k)
      distance[places[k]] += (value(places[k + 1]) - value(places[k - 1])) / span;
  }
  return distance;
}

std::vector<std::size_t> order(const strategy::SearchSettings& search,
                               std::span<const Member> members) {
  std::vector<std::size_t> plain = sorted(search, members);
  if (search.objectives.size() < 2) return plain;
  std::vector<std::size_t> result;
  for (const auto& front : fronts(search, members)) {
    const std::vector<double> distance = crowding(search, members, front);
    std::vector<std::size_t> places(front.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
      if (distance[a] != distance[b]) return distance[a] > distance[b];
      return compare_bytes(members[front[a]].genome, members[front[b]].genome) < 0;
    });
    for (const std::size_t place : places) result.push_back(front[place]);
  }
  // The infeasible and undefined already stand behind the feasible, in their order.
  result.insert(result.end(), plain.begin() + static_cast<std::ptrdiff_t>(result.size()),
                plain.end());
  return result;
}

}  // namespace mendel::genetics
