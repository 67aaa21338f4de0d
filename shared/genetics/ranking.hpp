// Ranking: the order of scored genomes. Feasible before infeasible, infeasible by summed normalised
// violation, undefined last, refused after those; ties by canonical genome bytes. Feasible genomes
// go by their objective, or, with several, as in NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002): by
// non-dominated front, then by falling crowding distance.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "shared/genetics/scoring.hpp"

namespace mendel::genetics {

// Negative, 0 or positive as the canonical bytes of `a` come before, are, or come after `b`'s.
int compare_bytes(const strategy::Genome& a, const strategy::Genome& b);

// Members that live elsewhere: what is ranked is not copied.
using Members = std::vector<const Member*>;
Members members_of(std::span<const Member> members);

// Indices of `members`, best first. A pure function of the set: equal members keep their order.
std::vector<std::size_t> order(const strategy::SearchSettings& search,
                               std::span<const Member> members);
// The members, best first, each genome once.
Members ranked(const strategy::SearchSettings& search, const Members& members);

// The first `most` of these in the order of one objective. Requires that there is one.
Members leading(const strategy::SearchSettings& search, const Members& members, std::size_t most);

// Non-dominated fronts of the feasible members, the best first, by the sequential search of
// "efficient non-dominated sort" (Zhang, Tian, Cheng, Jin 2015): the fronts of NSGA-II, found with
// fewer comparisons. Indices of `members`.
std::vector<std::vector<std::size_t>> fronts(const strategy::SearchSettings& search,
                                             std::span<const Member> members);

// Whether one of `after` dominates one of the first front of `before`, or is better than all of it
// in one objective; feasible where none was, too. Two generations of one search.
bool advances(const strategy::SearchSettings& search, std::span<const Member> before,
              std::span<const Member> after);

// The crowding distance of each entry of `front`; the ends of an objective are infinite.
std::vector<double> crowding(const strategy::SearchSettings& search,
                             std::span<const Member> members, std::span<const std::size_t> front);

}  // namespace mendel::genetics
