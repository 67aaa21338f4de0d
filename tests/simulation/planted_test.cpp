// The simulator against a build with a bug in it: it must notice.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "topology/simulation/simulation.hpp"

namespace mendel::simulation {
namespace {

constexpr std::uint64_t kSeedsMax = 200;

// Everything that one history was, and what was wrong with it.
std::vector<std::string> history_of(std::uint64_t seed) {
  std::vector<std::string> lines;
  Simulation simulation;
  const Outcome outcome =
      simulation.run(seed, [&](const std::string& line) { lines.push_back(line); });
  lines.insert(lines.end(), outcome.failures.begin(), outcome.failures.end());
  return lines;
}

TEST(Planted, ItIsCaughtWithinTwoHundredSeeds) {
  Simulation simulation;
  for (std::uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
    const Outcome outcome = simulation.run(seed);
    if (outcome.failures.empty()) continue;
    RecordProperty("seeds", static_cast<int>(seed));
    RecordProperty("noticed_as", outcome.failures.front());
    EXPECT_EQ(history_of(seed), history_of(seed)) << "seed " << seed << " replays otherwise";
    return;
  }
  FAIL() << MENDEL_PLANTED << " goes unnoticed";
}

}  // namespace
}  // namespace mendel::simulation
