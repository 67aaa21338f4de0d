#include "shared/genetics/ranking.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/base/sort_key.hpp"

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

// What decides nearly every comparison, side by side: the class, then less is better.
struct Key {
  Validity validity;
  double less;
  std::size_t index;
};

Key key_of(const strategy::SearchSettings& search, const Member& member, std::size_t index) {
  const Scoring& scoring = member.scoring;
  double less = 0;
  if (scoring.feasible()) less = -merit(search, member, 0);
  if (scoring.validity == Validity::infeasible) less = scoring.violation;
  return {scoring.validity, less, index};
}

// Fewer that tie are compared whole.
constexpr std::size_t kSettledMin = 32;

using Indices = std::vector<std::size_t>;
using Fronts = std::vector<Indices>;

std::vector<Key> keys_of(const strategy::SearchSettings& search, const Members& members) {
  std::vector<Key> keys;
  keys.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) keys.push_back(key_of(search, *members[i], i));
  return keys;
}

auto in_plain_order(const strategy::SearchSettings& search, const Members& members) {
  return [&](const Key& a, const Key& b) {
    if (a.validity != b.validity) return a.validity < b.validity;
    if (a.less != b.less) return a.less < b.less;
    return before(search, *members[a.index], *members[b.index]);
  };
}

// Keys that tie so far, by the next of what decides: the objectives after the first, where they
// count, then the genome's bytes.
void settle(const strategy::SearchSettings& search, const Members& members, std::span<SortKey> keys,
            std::size_t next) {
  const Member& any = *members[keys.front().index()];
  const std::size_t objectives = any.scoring.feasible() ? search.objectives.size() : 1;
  if (next == objectives + any.genome.size()) return;
  if (keys.size() < kSettledMin) {
    std::stable_sort(keys.begin(), keys.end(), [&](const SortKey& a, const SortKey& b) {
      return before(search, *members[a.index()], *members[b.index()]);
    });
    return;
  }
  for (SortKey& key : keys) {
    const Member& member = *members[key.index()];
    key = next < objectives ? SortKey(-merit(search, member, next), key.index())
                            : SortKey::of_bytes(member.genome[next - objectives], key.index());
  }
  sort_keys(keys);
  for_ties(keys, [&](std::span<SortKey> row) { settle(search, members, row, next + 1); });
}

// In the order of in_plain_order(). The keys of equal members tie, and maybe others.
std::vector<SortKey> sorted(const strategy::SearchSettings& search, const Members& members) {
  std::vector<SortKey> keys;
  keys.reserve(members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Key key = key_of(search, *members[i], i);
    keys.emplace_back(key.less, i, static_cast<std::uint8_t>(key.validity));
  }
  sort_keys(keys);
  for_ties(keys, [&](std::span<SortKey> row) { settle(search, members, row, 1); });
  return keys;
}

Indices indices_of(const std::vector<SortKey>& keys) {
  Indices indices;
  indices.reserve(keys.size());
  for (const SortKey& key : keys) indices.push_back(key.index());
  return indices;
}

// Whether one of `front`, found so far and in sorted order, dominates the member. With two
// objectives its last entry has the best second one, and so decides.
bool beaten(const strategy::SearchSettings& search, const Members& members, const Indices& front,
            std::size_t member) {
  const auto beats = [&](std::size_t other) {
    return dominates(search, *members[other], *members[member]);
  };
  if (search.objectives.size() == 2) return beats(front.back());
  return std::any_of(front.rbegin(), front.rend(), beats);
}

// `plain`: sorted. By objectives in order a member can only be dominated by one before it, and one
// whom a front does not beat is not beaten by a later front either.
Fronts fronts_of(const strategy::SearchSettings& search, const Members& members,
                 const Indices& plain) {
  Fronts result;
  for (const std::size_t member : plain) {
    if (!members[member]->scoring.feasible()) break;
    const auto front = std::partition_point(
        result.begin(), result.end(),
        [&](const Indices& earlier) { return beaten(search, members, earlier, member); });
    if (front == result.end())
      result.push_back({member});
    else
      front->push_back(member);
  }
  return result;
}

std::vector<double> distances(const strategy::SearchSettings& search, const Members& members,
                              std::span<const std::size_t> front) {
  std::vector<double> distance(front.size(), 0);
  std::vector<Key> keys(front.size());
  for (std::size_t i = 0; i < search.objectives.size(); ++i) {
    for (std::size_t place = 0; place < front.size(); ++place)
      keys[place] = {Validity::feasible, merit(search, *members[front[place]], i), place};
    std::stable_sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
      if (a.less != b.less) return a.less < b.less;
      return compare_bytes(members[front[a.index]]->genome, members[front[b.index]]->genome) < 0;
    });
    const double span = keys.back().less - keys.front().less;
    distance[keys.front().index] = std::numeric_limits<double>::infinity();
    distance[keys.back().index] = std::numeric_limits<double>::infinity();
    if (span == 0) continue;
    for (std::size_t k = 1; k + 1 < keys.size(); ++k)
      distance[keys[k].index] += (keys[k + 1].less - keys[k - 1].less) / span;
  }
  return distance;
}

// `plain` as the whole order has it: with several objectives the feasible by front and distance.
Indices in_order(const strategy::SearchSettings& search, const Members& members, Indices plain) {
  if (search.objectives.size() < 2) return plain;
  Indices result;
  result.reserve(plain.size());
  for (const auto& front : fronts_of(search, members, plain)) {
    const std::vector<double> distance = distances(search, members, front);
    Indices places(front.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
      if (distance[a] != distance[b]) return distance[a] > distance[b];
      return compare_bytes(members[front[a]]->genome, members[front[b]]->genome) < 0;
    });
    for (const std::size_t place : places) result.push_back(front[place]);
  }
  // The infeasible and undefined already stand behind the feasible, in their order.
  result.insert(result.end(), plain.begin() + static_cast<std::ptrdiff_t>(result.size()),
                plain.end());
  return result;
}

}  // namespace

int compare_bytes(const strategy::Genome& a, const strategy::Genome& b) {
  check(a.size() == b.size(), "genomes of one experiment have one length");
  return a.empty() ? 0 : std::memcmp(a.data(), b.data(), a.size() * sizeof(double));
}

Members members_of(std::span<const Member> members) {
  Members result;
  result.reserve(members.size());
  for (const Member& member : members) result.push_back(&member);
  return result;
}

std::vector<std::vector<std::size_t>> fronts(const strategy::SearchSettings& search,
                                             std::span<const Member> members) {
  const Members all = members_of(members);
  return fronts_of(search, all, indices_of(sorted(search, all)));
}

bool advances(const strategy::SearchSettings& search, std::span<const Member> before,
              std::span<const Member> after) {
  const auto all = fronts(search, before);
  const auto feasible = [](const Member& member) { return member.scoring.feasible(); };
  if (all.empty()) return std::any_of(after.begin(), after.end(), feasible);
  const auto better_than_all = [&](const Member& member, std::size_t objective) {
    return std::all_of(all.front().begin(), all.front().end(), [&](std::size_t other) {
      return merit(search, member, objective) > merit(search, before[other], objective);
    });
  };
  return std::any_of(after.begin(), after.end(), [&](const Member& member) {
    if (!feasible(member)) return false;
    for (std::size_t i = 0; i < search.objectives.size(); ++i)
      if (better_than_all(member, i)) return true;
    return std::any_of(all.front().begin(), all.front().end(),
                       [&](std::size_t other) { return dominates(search, member, before[other]); });
  });
}

std::vector<double> crowding(const strategy::SearchSettings& search,
                             std::span<const Member> members, std::span<const std::size_t> front) {
  return distances(search, members_of(members), front);
}

std::vector<std::size_t> order(const strategy::SearchSettings& search,
                               std::span<const Member> members) {
  const Members all = members_of(members);
  return in_order(search, all, indices_of(sorted(search, all)));
}

Members leading(const strategy::SearchSettings& search, const Members& members, std::size_t most) {
  check(search.objectives.size() == 1, "leading() goes by one objective");
  const auto in_front = in_plain_order(search, members);
  std::vector<Key> first;  // in order; one that is equal comes behind
  for (const Key& key : keys_of(search, members)) {
    if (first.size() == most && (most == 0 || !in_front(key, first.back()))) continue;
    if (first.size() == most) first.pop_back();
    first.insert(std::upper_bound(first.begin(), first.end(), key, in_front), key);
  }
  Members result;
  for (const Key& key : first) result.push_back(members[key.index]);
  return result;
}

Members ranked(const strategy::SearchSettings& search, const Members& members) {
  // One genome has one scoring, and so its copies tie and stand side by side.
  std::vector<SortKey> keys = sorted(search, members);
  const auto same = [&](const SortKey& a, const SortKey& b) {
    return a.ties(b) && compare_bytes(members[a.index()]->genome, members[b.index()]->genome) == 0;
  };
  keys.erase(std::unique(keys.begin(), keys.end(), same), keys.end());
  Indices plain = indices_of(keys);
  Members result;
  result.reserve(plain.size());
  for (const std::size_t i : in_order(search, members, std::move(plain)))
    result.push_back(members[i]);
  return result;
}

}  // namespace mendel::genetics
