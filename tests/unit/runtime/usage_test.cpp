#include "shared/runtime/usage.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mendel::runtime {
namespace {

TEST(Usage, ResidentPagesAreTheSecondNumber) {
  EXPECT_EQ(resident_pages("4096 1234 800 10 0 300 0\n"), 1234U);
  EXPECT_EQ(resident_pages("4096"), 0U);
  EXPECT_EQ(resident_pages("4096 x"), 0U);
  EXPECT_EQ(resident_pages(""), 0U);
}

TEST(Usage, WorkCostsProcessorTime) {
  const double before = read_usage().cpu_seconds;
  EXPECT_GT(before, 0);
  volatile std::uint64_t sum = 0;
  for (std::uint64_t i = 0; read_usage().cpu_seconds < before + 0.02; ++i) sum = sum + i;
  EXPECT_LT(read_usage().cpu_seconds, before + 10);
}

TEST(Usage, MemoryThatIsWrittenToIsResident) {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  const std::uint64_t before = read_usage().resident_bytes;
  EXPECT_GT(before, std::uint64_t{1} << 20);
  const std::vector<char> memory(kBytes, 'm');
  EXPECT_GT(read_usage().resident_bytes, before + kBytes / 2);
  EXPECT_EQ(memory.back(), 'm');
}

}  // namespace
}  // namespace mendel::runtime
