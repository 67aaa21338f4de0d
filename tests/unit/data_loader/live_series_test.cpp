#include "stages/data_loader/live_series.hpp"

#include <gtest/gtest.h>

namespace mendel::data_loader {
namespace {

constexpr std::int64_t kMinuteNs = 60 * kNsPerSecond;

Now at(std::int64_t minutes) { return {0, minutes * kMinuteNs}; }

// The bar that closes at that minute.
wire::BarBatch closing_at(std::int64_t minute) {
  wire::BarBatch batch;
  batch.source = "feed";
  batch.symbol = "BTC-USD";
  batch.timeframe = "1m";
  market::Bar bar;
  bar.time_ns = (minute - 1) * kMinuteNs;
  batch.bars.push_back(bar);
  return batch;
}

TEST(LiveSeries, IsLateByTheTimeframesSinceItsNextBarShouldHaveClosed) {
  LiveSeries live;
  live.see(closing_at(10'000), at(10'000));
  EXPECT_EQ(live.late(at(10'000)), 0);
  EXPECT_EQ(live.late(at(10'001)), 0);
  EXPECT_EQ(live.late(at(10'005)), 4);
  live.see(closing_at(10'005), at(10'005));
  EXPECT_EQ(live.late(at(10'005)), 0);
}

TEST(LiveSeries, AFileOfOldBarsIsNotLive) {
  LiveSeries live;
  live.see(closing_at(10'000), at(10'004));
  EXPECT_EQ(live.late(at(20'000)), 0);
}

TEST(LiveSeries, OldBarsOfALiveSeriesDoNotMakeItLate) {
  LiveSeries live;
  live.see(closing_at(10'000), at(10'000));
  live.see(closing_at(500), at(10'000));
  EXPECT_EQ(live.late(at(10'001)), 0);
}

TEST(LiveSeries, OneThatEndedIsForgottenAfterAWeek) {
  LiveSeries live;
  live.see(closing_at(10'000), at(10'000));
  EXPECT_GT(live.late(at(10'000 + 7 * 24 * 60 - 1)), 0);
  EXPECT_EQ(live.late(at(10'000 + 7 * 24 * 60 + 1)), 0);
}

}  // namespace
}  // namespace mendel::data_loader
