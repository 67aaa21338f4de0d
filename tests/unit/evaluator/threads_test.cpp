#include "stages/evaluator/threads.hpp"

#include <gtest/gtest.h>

namespace mendel::evaluator {
namespace {

TEST(Threads, ReadsTheLimitOfACgroup) {
  EXPECT_EQ(parse_cpu_max("200000 100000\n"), 2.0);
  EXPECT_EQ(parse_cpu_max("150000 100000\n"), 1.5);
  EXPECT_FALSE(parse_cpu_max("max 100000\n"));
  EXPECT_FALSE(parse_cpu_max(""));
  EXPECT_FALSE(parse_cpu_max("100000"));
  EXPECT_FALSE(parse_cpu_max("-5 100000"));
  EXPECT_FALSE(parse_cpu_max("5 0"));
}

TEST(Threads, ThereIsAlwaysOne) {
  EXPECT_GE(allowed_threads(), 1u);
  EXPECT_LE(allowed_threads(), kThreadsMax);
}

}  // namespace
}  // namespace mendel::evaluator
