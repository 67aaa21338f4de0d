// The whole pipeline as real processes while a seeded schedule of faults is played. A failing seed
// is played again by MENDEL_FAULTS_SEED=<seed> in front of the test's command.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/faults/round.hpp"

namespace mendel::faults {
namespace {

// Of every second round the database takes what is kept alone.
void play_rounds(Search search, std::uint64_t first, std::uint64_t last, std::size_t faults) {
  if (const char* seed = std::getenv("MENDEL_FAULTS_SEED")) {
    first = last = std::strtoull(seed, nullptr, 10);
  }
  const std::string digest = undisturbed_digest(search);
  ASSERT_EQ(digest.size(), 64U) << digest;
  const bool disk = SmallDisk(1).missing().empty();
  if (!disk) std::printf("without full disks: %s\n", SmallDisk(1).missing().c_str());
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const Schedule schedule = make_schedule(seed, faults, disk);
    search.kept = seed % 2 == 0;
    const std::string text = to_text(schedule) + (search.kept ? ", kept" : "");
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
    SCOPED_TRACE(text);
    Round round(search);
    round.play(schedule);
    round.judge(digest);
  }
}

TEST(Faults, AFewRoundsOfThemChangeNoBitAndLoseAndDoubleNothing) {
  play_rounds({96, 40, 20'000}, 1, 2, 4);
}

TEST(SlowFaults, TwentyRoundsOfThemChangeNoBitAndLoseAndDoubleNothing) {
  play_rounds({96, 300, 200'000}, 101, 120, 8);
}

TEST(Schedule, FollowsFromItsSeedAlone) {
  EXPECT_EQ(to_text(make_schedule(7, 20, true)), to_text(make_schedule(7, 20, true)));
  EXPECT_NE(to_text(make_schedule(7, 20, true)), to_text(make_schedule(8, 20, true)));
  EXPECT_EQ(to_text(make_schedule(7, 200, false)).find("disk"), std::string::npos);
  EXPECT_NE(to_text(make_schedule(7, 200, true)).find("disk"), std::string::npos);
}

}  // namespace
}  // namespace mendel::faults
