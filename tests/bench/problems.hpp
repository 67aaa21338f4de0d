// Problems: functions with known optima that searches are compared on. All are minimised.
// Rastrigin (1974), Rosenbrock (1960), Ackley (1987); ZDT1-3 of Zitzler, Deb, Thiele (2000).
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace mendel::bench {

struct Problem {
  std::string name;
  std::size_t dimensions = 0;
  double least = 0;
  double most = 0;
  std::size_t objectives = 1;
  std::vector<double> (*value)(std::span<const double>) = nullptr;
};

std::vector<Problem> problems();

// The area that points dominate up to `reference` in both objectives.
double hypervolume(std::vector<std::vector<double>> points, double reference);

// Probability of a rank sum this far from even, either way, if both samples come from one
// distribution (Mann and Whitney 1947; normal approximation with ties and continuity correction).
double mann_whitney(const std::vector<double>& a, const std::vector<double>& b);

double median(std::vector<double> values);

}  // namespace mendel::bench
