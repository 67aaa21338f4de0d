// Pagmo search: a problem searched by pagmo2's sga or nsga2 at their documented settings.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/bench/problems.hpp"

namespace mendel::bench {

// The objectives of the last population.
std::vector<std::vector<double>> search_with_pagmo(const Problem& problem, unsigned population,
                                                   unsigned generations, unsigned seed);

}  // namespace mendel::bench
