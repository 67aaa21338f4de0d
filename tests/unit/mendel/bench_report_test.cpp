#include "topology/mendel/bench_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

BenchReport report() {
  BenchReport made;
  made.experiment = "trend";
  made.window = "in_sample";
  made.lanes = "baseline";
  made.bars = 2000;
  made.symbols = 1;
  made.population = 1000;
  made.threads = 2;
  made.trades_per_strategy = 12.34;
  made.peak_memory_bytes = 40 << 20;
  made.compared = 50;
  // 50 strategies in 5 ms are 100 µs each; 1,000 in 2 ms are 2 µs each.
  made.ways = {{"plain_loop", "plain loop", 50, {5'000'000, 4'000'000, 9'000'000}},
               {"kernel", "kernel, from scratch", 1000, {1'000'000, 3'000'000}}};
  return made;
}

TEST(BenchReport, TakesTheMiddleRepetition) {
  EXPECT_EQ(median({9, 1, 5}), 5);
  EXPECT_EQ(median({4, 1}), 2.5);
  EXPECT_EQ(median({7}), 7);
}

TEST(BenchReport, PrintsOneAlignedLineForEveryWay) {
  const std::string text = bench_text(report());
  EXPECT_THAT(text, HasSubstr("trend: 1,000 strategies, in_sample of 2,000 bars (1 symbol), 12.3 "
                              "trades a strategy, lanes baseline, peak memory 40 MiB\n"));
  EXPECT_THAT(text, HasSubstr("plain loop                  10,000       100.00"));
  EXPECT_THAT(text, HasSubstr("kernel, from scratch       500,000         2.00"));
  EXPECT_THAT(text, HasSubstr("1.000          50.0\n"));
  EXPECT_THAT(text, HasSubstr("agree on the trades of 50 strategies\n"));
}

TEST(BenchReport, SaysWhenTheTwoDiffer) {
  BenchReport made = report();
  made.differing = 3;
  EXPECT_THAT(bench_text(made), HasSubstr("DIFFER in the trades of 3 of 50 strategies"));
}

TEST(BenchReport, IsOneJsonDocument) {
  BenchReport made = report();
  made.notes = {"coverage is 85 %"};
  const config::Value document = bench_value(made);
  EXPECT_EQ(document.find("lanes")->as_text(), "baseline");
  EXPECT_EQ(document.find("bars")->as_integer(), 2000);
  EXPECT_EQ(document.find("notes")->items().size(), 1U);
  const config::Value* kernel = document.find_path("ways.kernel");
  ASSERT_NE(kernel, nullptr);
  EXPECT_DOUBLE_EQ(kernel->find("strategies_per_second")->as_number(), 500'000);
  EXPECT_DOUBLE_EQ(kernel->find("us_per_strategy")->as_number(), 2);
  EXPECT_DOUBLE_EQ(kernel->find("ns_per_bar_and_strategy")->as_number(), 1);
  EXPECT_DOUBLE_EQ(kernel->find("ratio_to_plain_loop")->as_number(), 50);
  EXPECT_EQ(kernel->find("repetitions")->as_integer(), 2);
}

}  // namespace
}  // namespace mendel::cli
