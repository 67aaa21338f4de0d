// The simulator against a build with a bug in it: it must notice.
#include <gtest/gtest.h>

#include "topology/simulation/simulation.hpp"

namespace mendel::simulation {
namespace {

constexpr std::uint64_t kSeedsMax = 200;

TEST(Planted, ItIsCaughtWithinTwoHundredSeeds) {
  Simulation simulation;
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    const Outcome outcome = simulation.run(seed);
    if (outcome.failures.empty()) continue;
    RecordProperty("seeds", static_cast<int>(seed));
    return;
  }
  FAIL() << MENDEL_PLANTED << " goes unnoticed";
}

}  // namespace
}  // namespace mendel::simulation
