#include "tests/bench/pagmo_search.hpp"

#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/algorithms/sga.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <utility>

namespace mendel::bench {
namespace {

struct Wrapped {
  Problem problem;

  pagmo::vector_double fitness(const pagmo::vector_double& x) const { return problem.value(x); }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    return {pagmo::vector_double(problem.dimensions, problem.least),
            pagmo::vector_double(problem.dimensions, problem.most)};
  }
  pagmo::vector_double::size_type get_nobj() const { return problem.objectives; }
};

}  // namespace

std::vector<std::vector<double>> search_with_pagmo(const Problem& problem, unsigned population,
                                                   unsigned generations, unsigned seed) {
  pagmo::population people{pagmo::problem{Wrapped{problem}}, population, seed};
  // Generation 0 is the random one, as ours is counted.
  if (problem.objectives == 1) {
    const pagmo::algorithm search{pagmo::sga(generations - 1, 0.9, 1., 0.02, 1., 2u, "exponential",
                                             "polynomial", "tournament", seed)};
    return search.evolve(people).get_f();
  }
  const pagmo::algorithm search{pagmo::nsga2(generations - 1, 0.95, 10., 0.01, 50., seed)};
  return search.evolve(people).get_f();
}

}  // namespace mendel::bench
