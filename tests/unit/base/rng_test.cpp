#include "shared/base/rng.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace mendel {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Known answers of the Random123 distribution for philox4x32-10.
TEST(Philox, GivesThePublishedAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Draws, AreAFunctionOfTheirKey) {
  Draws a(42, 1, 2, 3, Purpose::child);
  Draws b(42, 1, 2, 3, Purpose::child);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.bits(), b.bits());
}

TEST(Draws, AreTheWordsOfSuccessiveCounters) {
  Draws draws(0x0123456789abcdef, 3, 4, 5, Purpose::child);
  for (std::uint32_t block = 0; block < 9; ++block) {
    const Words words = philox({block, 5, 4, 3u << 16 | 8u}, {0x89abcdef, 0x01234567});
    EXPECT_EQ(draws.bits(), std::uint64_t{words[1]} << 32 | words[0]);
    EXPECT_EQ(draws.bits(), std::uint64_t{words[3]} << 32 | words[2]);
  }
}

TEST(Draws, DifferInEveryPartOfTheKey) {
  std::set<std::uint64_t> first;
  first.insert(Draws(42, 0, 0, 0, Purpose::child).bits());
  first.insert(Draws(43, 0, 0, 0, Purpose::child).bits());
  first.insert(Draws(42 + (1ull << 32), 0, 0, 0, Purpose::child).bits());
  first.insert(Draws(42, 1, 0, 0, Purpose::child).bits());
  first.insert(Draws(42, 0, 1, 0, Purpose::child).bits());
  first.insert(Draws(42, 0, 0, 1, Purpose::child).bits());
  first.insert(Draws(42, 0, 0, 0, Purpose::repair).bits());
  EXPECT_EQ(first.size(), 7u);
}

TEST(Draws, BelowStaysBelowAndReachesEveryValue) {
  Draws draws(7, 0, 0, 0, Purpose::sample);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60000; ++i) ++counts.at(draws.below(6));
  for (int count : counts) EXPECT_NEAR(count, 10000, 400);
}

TEST(Draws, HalvesAreThoseOfTheWords) {
  Draws halves(7, 0, 0, 0, Purpose::sample);
  Draws words(7, 0, 0, 0, Purpose::sample);
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t word = words.bits();
    EXPECT_EQ(halves.half(), static_cast<std::uint32_t>(word));
    EXPECT_EQ(halves.half(), word >> 32);
  }
}

TEST(Draws, HalfBelowStaysBelowAndReachesEveryValue) {
  Draws draws(7, 0, 0, 0, Purpose::sample);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60000; ++i) ++counts.at(draws.half_below(6));
  for (int count : counts) EXPECT_NEAR(count, 10000, 400);
}

TEST(Draws, NormalHasMeanZeroAndVarianceOne) {
  Draws draws(8, 0, 0, 0, Purpose::sample);
  double sum = 0, squares = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = draws.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 100000, 0, 0.02);
  EXPECT_NEAR(squares / 100000, 1, 0.02);
}

}  // namespace
}  // namespace mendel
