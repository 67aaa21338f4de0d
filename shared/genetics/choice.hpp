// Choice: the one genome that report, walk-forward and verdict use, and the few shown beside it.
//   first      the best first objective on the first front (with one objective: the best)
//   knee       the front's genome nearest to the ideal point, objectives scaled to the front
//   weighted:… the greatest sum of weight * scaled objective over the front, one weight each
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/genetics/scoring.hpp"

namespace mendel::genetics {

// Whether `search.pick` is one of the above with the right number of weights (configuration error).
Status check_pick(const strategy::SearchSettings& search);

// An index of `members`; nullopt when none is feasible. Requires check_pick.
std::optional<std::size_t> pick(const strategy::SearchSettings& search,
                                std::span<const Member> members);

// The pick, then at most `others` distinct feasible genomes in in-sample order. Empty when none is
// feasible.
std::vector<Member> finalists(const strategy::SearchSettings& search,
                              std::span<const Member> members, std::size_t others);

}  // namespace mendel::genetics
