#include "shared/durable_log/waiting.hpp"

#include <gtest/gtest.h>

namespace mendel::durable_log {
namespace {

Now at(std::int64_t seconds) { return {seconds * kNsPerSecond, 0}; }
Position place(std::uint64_t offset) { return {"1", offset}; }

TEST(Waiting, IsTheAgeOfTheOldestRecordThatIsNotStored) {
  Waiting waiting;
  waiting.look(place(100), place(100), at(0));
  EXPECT_EQ(waiting.seconds(), 0);
  waiting.look(place(200), place(100), at(10));
  waiting.look(place(300), place(100), at(15));
  EXPECT_EQ(waiting.seconds(), 5);
  waiting.look(place(300), place(200), at(20));  // the first is stored, the second waits since 15
  EXPECT_EQ(waiting.seconds(), 5);
  waiting.look(place(300), place(300), at(21));
  EXPECT_EQ(waiting.seconds(), 0);
}

TEST(Waiting, ABusyLogThatIsDrainedIsNeverOld) {
  Waiting waiting;
  for (std::uint64_t i = 1; i < 2000; ++i) {
    waiting.look(place(100 * i), place(100 * i - 50), at(static_cast<std::int64_t>(i)));
    EXPECT_LE(waiting.seconds(), 1);
  }
}

TEST(Waiting, KeepsABoundedNumberOfPlacesAndTheAgeOfTheOldest) {
  Waiting waiting;
  for (std::uint64_t i = 1; i <= 2 * Waiting::kPlacesMax; ++i)
    waiting.look(place(100 * i), place(0), at(static_cast<std::int64_t>(i)));
  EXPECT_EQ(waiting.seconds(), 2 * Waiting::kPlacesMax - 1);
}

}  // namespace
}  // namespace mendel::durable_log
