#include "shared/kernel/lanes.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "shared/kernel/ledger.hpp"
#include "shared/kernel/tables.hpp"
#include "shared/kernel/words.hpp"
#include "tests/unit/kernel/random_market.hpp"

namespace mendel::kernel {
namespace {

// Every loop of every instruction set gives the same bits, at every length and alignment.
TEST(Lanes, OfEveryInstructionSetGiveTheSameBits) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  const Lanes& plain = baseline_lanes();
  Chance chance(5);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<double> odd = {std::nan(""), kInfinity, -kInfinity, 1e300, 3.5e38, 3.4028235e38,
                                   5e-324,       1e-45,     -1e-46,     0.0,   -0.0};
  std::vector<double> a(700);
  std::vector<double> b(700);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = chance.one_in(10) ? chance.of(odd) : std::round(10 * chance.normal());
    b[i] = chance.one_in(10) ? chance.of(odd) : std::round(10 * chance.normal());
  }
  for (std::size_t count : {0U, 1U, 63U, 64U, 65U, 127U, 500U}) {
    for (int comparison = 0; comparison < 6; ++comparison) {
      std::vector<float> narrow[2] = {std::vector<float>(a.size()), std::vector<float>(a.size())};
      wide->narrow(a.data(), a.size(), narrow[0].data());
      wide->narrow(b.data(), b.size(), narrow[1].data());
      for (const Operand& right :
           {Operand{b.data() + 3, 0}, Operand{b.data() + 3, 0, narrow[1].data() + 3},
            Operand{nullptr, 2}, Operand{nullptr, 1e300}}) {
        std::vector<std::uint64_t> words[2] = {std::vector<std::uint64_t>(12, 7),
                                               std::vector<std::uint64_t>(12, 7)};
        const auto kind = static_cast<Comparison>(comparison);
        plain.compare(kind, {a.data() + 1, 0}, right, count, words[0].data());
        wide->compare(kind, {a.data() + 1, 0}, right, count, words[1].data());
        ASSERT_EQ(words[0], words[1]) << count << " " << comparison;
        const Operand rounded{a.data() + 1, 0, narrow[0].data() + 1};
        words[1].assign(12, 7);
        wide->compare(kind, rounded, right, count, words[1].data());
        ASSERT_EQ(words[0], words[1]) << count << " " << comparison;
      }
    }
    std::vector<std::uint64_t> above(12, 7);
    std::vector<std::uint64_t> equal(12, 7);
    plain.compare(Comparison::greater, {a.data(), 0}, {b.data(), 0}, count, above.data());
    plain.compare(Comparison::equal, {a.data(), 0}, {b.data(), 0}, count, equal.data());
    for (const Lanes* lanes : {&plain, wide}) {
      std::vector<float> narrow[2] = {std::vector<float>(a.size()), std::vector<float>(a.size())};
      wide->narrow(a.data(), a.size(), narrow[0].data());
      wide->narrow(b.data(), b.size(), narrow[1].data());
      std::vector<std::uint64_t> bits(12, 7);
      std::vector<std::uint64_t> ties(12, 7);
      lanes->greater({a.data(), 0, narrow[0].data()}, {b.data(), 0, narrow[1].data()}, count,
                     bits.data(), ties.data());
      EXPECT_EQ(bits, above) << lanes->name << " " << count;
      EXPECT_EQ(ties, equal) << lanes->name << " " << count;
    }
    std::vector<double> sums(701);
    for (std::size_t i = 0; i < 700; ++i) sums[i + 1] = sums[i] + static_cast<double>(i % 37);
    std::vector<double> means[2] = {std::vector<double>(700), std::vector<double>(700)};
    const TickMeans of{sums.data(), 7, 7 * 100.0};
    plain.tick_means(of, 6, count, means[0].data());
    wide->tick_means(of, 6, count, means[1].data());
    EXPECT_EQ(means[0], means[1]);
    std::vector<float> rounded[2] = {std::vector<float>(700), std::vector<float>(700)};
    wide->narrow(means[0].data(), count, rounded[0].data());
    wide->narrow_means(of, 6, count, rounded[1].data());
    EXPECT_EQ(rounded[0], rounded[1]);
  }
}

// Values that rise, fall, stand still for a while, and are more than a number can hold.
TEST(Lanes, RecurseAlike) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Chance chance(12);
  std::vector<double> x(700);
  for (std::size_t i = 1; i < x.size(); ++i) {
    const double step = i % 100 < 30 ? 0 : std::round(10 * chance.normal());
    x[i] = i == 600 ? 1e308 : i == 601 ? -1e308 : x[i - 1] + step;
  }
  const auto outs_of = [&](const Lanes& lanes, auto member, std::size_t count,
                           RecurrenceLanes& of) {
    std::vector<std::vector<double>> outs(kLanes, std::vector<double>(x.size()));
    for (std::size_t lane = 0; lane + 1 < kLanes; ++lane) of.outs[lane] = outs[lane].data();
    (lanes.*member)(x.data() + 1, count, of);
    return outs;
  };
  const auto bits = [](std::span<const double> values) {
    std::vector<std::uint64_t> all;
    for (double value : values) all.push_back(std::bit_cast<std::uint64_t>(value));
    return all;
  };
  const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  for (std::size_t count : {0U, 1U, 63U, 64U, 65U, 500U, 699U}) {
    for (const auto member : {&Lanes::exponential, &Lanes::strength}) {
      const bool averages = member == &Lanes::exponential;
      RecurrenceLanes start;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const double period = static_cast<double>(1 + 3 * lane);
        start.weights[lane] = averages ? 2.0 / (period + 1) : period;
        start.states[lane] = averages ? 100 + period : lane % 3 == 0 ? 0 : 2;
        start.losses[lane] = lane % 2 == 0 ? 0 : 3;
      }
      RecurrenceLanes of[2] = {start, start};
      std::vector<float> narrow(x.size());
      of[1].narrow[1] = narrow.data();
      const auto plain = outs_of(baseline_lanes(), member, count, of[0]);
      const auto fast = outs_of(*wide, member, count, of[1]);
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        EXPECT_EQ(bits(plain[lane]), bits(fast[lane])) << count << " " << lane;
      }
      EXPECT_EQ(bits(of[0].states), bits(of[1].states)) << count;
      EXPECT_EQ(bits(of[0].losses), bits(of[1].losses)) << count;
      for (std::size_t i = 0; i < count; ++i) {
        const auto rounded = static_cast<float>(fast[1][i]);
        EXPECT_TRUE(same(narrow[i], rounded));
      }
      if (averages) continue;
      for (std::size_t lane = 0; lane + 1 < kLanes; ++lane) {
        double gain = start.states[lane];
        double loss = start.losses[lane];
        const double n = start.weights[lane];
        for (std::size_t i = 0; i < count; ++i) {
          gain = (gain * (n - 1) + std::max(0.0, x[i + 1] - x[i])) / n;
          loss = (loss * (n - 1) + std::max(0.0, x[i] - x[i + 1])) / n;
        }
        EXPECT_TRUE(same(gain, of[1].states[lane]));
        EXPECT_TRUE(same(loss, of[1].losses[lane]));
      }
    }
  }
}

// A product with the reciprocal stands for the division only where it gives the same bits: sums up
// to the largest, divisors on both sides of the limit, quotients beside halves of the last place.
TEST(Lanes, DivideSumsOfTicksToTheLastBit) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Chance chance(9);
  constexpr std::size_t kSums = 4096;
  std::vector<double> sums(kSums + 1);
  std::vector<double> means(kSums);
  std::vector<float> rounded(kSums);
  const auto any = [&](int bits) {
    return std::floor(
        std::ldexp(0.5 + 0.5 * chance.unit(),
                   1 + static_cast<int>(chance.below(static_cast<std::size_t>(bits)))));
  };
  for (int round = 0; round < 400; ++round) {
    const double divisors[] = {any(13), 1e8 * any(13), 100 * any(13), any(53), 0.01 * any(20)};
    const double divisor = divisors[round % std::size(divisors)];
    for (std::size_t i = 0; i < kSums; i += 2) {
      const double product = std::round(any(53) / divisor * 4) * 0.25 * divisor;
      const double near = std::round(product) + static_cast<double>(chance.below(3)) - 1;
      sums[i + 1] = chance.one_in(2) && near < 9007199254740992.0 ? near : any(53);
    }
    const TickMeans of{sums.data(), 1, divisor};
    wide->tick_means(of, 0, kSums, means.data());
    wide->narrow_means(of, 0, kSums, rounded.data());
    for (std::size_t i = 0; i < kSums; ++i) {
      const double mean = (sums[i + 1] - sums[i]) / divisor;
      ASSERT_EQ(means[i], mean) << sums[i + 1] << " - " << sums[i] << " by " << divisor;
      ASSERT_EQ(rounded[i], static_cast<float>(mean));
    }
  }
}

TEST(Lanes, AddPowersOfReturnsAlike) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Chance chance(8);
  std::vector<double> equity(102);
  for (double& each : equity) each = chance.one_in(9) ? 0 : 100 + chance.normal();
  for (std::size_t i = 0; i < 20; ++i) equity[i] = 7;
  for (std::size_t count : {0U, 1U, 4U, 7U, 19U, 101U}) {
    PowerLanes sums[2] = {};
    const bool moved[] = {
        baseline_lanes().add_powers(equity.data(), equity.data() + 1, count, sums[0]),
        wide->add_powers(equity.data(), equity.data() + 1, count, sums[1])};
    EXPECT_EQ(moved[0], moved[1]);
    EXPECT_EQ(moved[0], count > 19);
    EXPECT_EQ(sums[0], sums[1]);
    double squares = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double r = equity[i] > 0 ? equity[i + 1] / equity[i] - 1 : 0;
      squares += r * r;
    }
    EXPECT_NEAR(sums[0][1][0] + sums[0][1][1] + sums[0][1][2] + sums[0][1][3], squares, 1e-12);
  }
}

// Two columns that differ by less than a float can tell, and are equal now and then.
TEST(Lanes, RoundedColumnsDecideNothingTheyCannotTell) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Chance chance(6);
  std::vector<double> sums(801);
  for (std::size_t i = 0; i < 800; ++i) sums[i + 1] = sums[i] + 1e9 + std::round(chance.normal());
  const TickMeans means{sums.data(), 8, 8.0};
  std::vector<double> values(800);
  std::vector<double> others(800);
  for (std::size_t i = 0; i < 800; ++i) {
    values[i] = i < 7 ? std::nan("") : (sums[i + 1] - sums[i - 7]) / 8;
    others[i] = chance.one_in(3) ? values[i] : 1e9 + 0.125 * std::round(chance.normal());
  }
  std::vector<float> narrow[2] = {std::vector<float>(800), std::vector<float>(800)};
  wide->narrow(values.data(), 800, narrow[0].data());
  wide->narrow(others.data(), 800, narrow[1].data());
  for (std::size_t begin : {0U, 64U}) {
    for (int comparison = 0; comparison < 6; ++comparison) {
      const auto kind = static_cast<Comparison>(comparison);
      const Operand right{others.data() + begin, 0, narrow[1].data() + begin};
      const Operand left{nullptr, 0, narrow[0].data() + begin, means, begin};
      std::vector<std::uint64_t> words[2] = {std::vector<std::uint64_t>(12),
                                             std::vector<std::uint64_t>(12)};
      baseline_lanes().compare(kind, {values.data() + begin, 0}, {others.data() + begin, 0}, 700,
                               words[0].data());
      wide->compare(kind, left, right, 700, words[1].data());
      EXPECT_EQ(words[0], words[1]) << comparison;
    }
  }
}

// As the plain rule says, bar by bar.
TEST(Lanes, CombineConditionsOfThreeValues) {
  Chance chance(10);
  constexpr std::size_t kWords = 37;
  std::vector<std::uint64_t> words[4] = {};
  for (std::size_t w = 0; w < kWords; ++w) {
    for (std::size_t i = 0; i < 4; i += 2) {
      const std::uint64_t drawn = chance.below(~std::size_t{0});
      const std::uint64_t known = chance.one_in(3) ? ~0ULL : chance.below(~std::size_t{0});
      words[i].push_back(drawn & known);
      words[i + 1].push_back(~drawn & known);
    }
  }
  const TruthWords a{words[0].data(), words[1].data()};
  const TruthWords b{words[2].data(), words[3].data()};
  for (const Lanes* lanes : {&baseline_lanes(), avx2_lanes()}) {
    if (lanes == nullptr) continue;
    for (const Combination combination : {Combination::both, Combination::either}) {
      std::vector<std::uint64_t> yes(kWords);
      std::vector<std::uint64_t> no(kWords);
      lanes->combine(combination, a, b, kWords, yes.data(), no.data());
      for (std::size_t w = 0; w < kWords; ++w) {
        const bool both = combination == Combination::both;
        EXPECT_EQ(yes[w], both ? a.yes[w] & b.yes[w] : a.yes[w] | b.yes[w]) << lanes->name;
        EXPECT_EQ(no[w], both ? a.no[w] | b.no[w] : a.no[w] & b.no[w]) << lanes->name;
      }
    }
  }
}

TEST(Lanes, FollowALatchBarByBar) {
  Chance chance(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::uint64_t> entry(kBlockWords);
    std::vector<std::uint64_t> exit(kBlockWords);
    const std::uint64_t rarity = 1 + static_cast<std::uint64_t>(round % 40);
    for (std::size_t bar = 0; bar < kBlockBars; ++bar) {
      entry[bar / 64] |= std::uint64_t{chance.one_in(rarity)} << (bar % 64);
      exit[bar / 64] |= std::uint64_t{chance.one_in(rarity)} << (bar % 64);
    }
    const bool held = round % 2 == 0;
    const std::size_t from = held ? 0 : chance.below(200);
    const std::size_t to = round % 3 == 0 ? kBlockBars : from + chance.below(kBlockBars - from);
    std::vector<std::uint32_t> expected;
    bool holds = held;
    for (std::size_t bar = from; bar < to; ++bar) {
      const bool leaves = (exit[bar / 64] >> (bar % 64) & 1) != 0;
      const bool enters = (entry[bar / 64] >> (bar % 64) & 1) != 0 && !leaves;
      if (holds ? !leaves : !enters) continue;
      holds = !holds;
      expected.push_back(static_cast<std::uint32_t>(bar));
    }
    for (const Lanes* lanes : {&baseline_lanes(), avx2_lanes()}) {
      if (lanes == nullptr) continue;
      Latch latch{entry.data(), exit.data(), from, to, held};
      std::vector<std::uint32_t> bars(kBlockBars + 8);
      bars.resize(lanes->follow(latch, bars.data()));
      ASSERT_EQ(bars, expected) << lanes->name << " " << round;
      ASSERT_EQ(latch.held, holds);
    }
  }
}

enum class Holds { nothing, a_long, a_short };

// Bar by bar, as the rules say: both entries, or entry and exit of a side, are no entry.
Holds next(Holds holds, bool to_long, bool from_long, bool to_short, bool from_short) {
  const bool enters_long = to_long && !from_long && !to_short;
  const bool enters_short = to_short && !from_short && !to_long;
  if (enters_long) return Holds::a_long;
  if (enters_short) return Holds::a_short;
  const bool leaves = holds == Holds::a_long ? from_long : from_short;
  return leaves ? Holds::nothing : holds;
}

TEST(Lanes, FollowBothSidesBarByBar) {
  Chance chance(9);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::uint64_t> signals[4];
    const std::size_t rarity = 1 + static_cast<std::size_t>(round % 40);
    for (std::vector<std::uint64_t>& words : signals) {
      words.resize(kBlockWords);
      if (chance.one_in(4)) continue;
      for (std::size_t bar = 0; bar < kBlockBars; ++bar) {
        words[bar / 64] |= std::uint64_t{chance.one_in(rarity)} << (bar % 64);
      }
    }
    const auto before = static_cast<Holds>(round % 3);
    const std::size_t from = before != Holds::nothing ? 0 : chance.below(200);
    const std::size_t to = round % 4 == 0 ? kBlockBars : from + chance.below(kBlockBars - from);
    std::vector<std::pair<std::size_t, Holds>> expected;
    Holds holds = before;
    for (std::size_t bar = from; bar < to; ++bar) {
      const auto has = [&](std::size_t i) { return (signals[i][bar / 64] >> (bar % 64) & 1) != 0; };
      const Holds behind = next(holds, has(0), has(1), has(2), has(3));
      if (behind != holds) expected.push_back({bar, behind});
      holds = behind;
    }
    for (const Lanes* lanes : {&baseline_lanes(), avx2_lanes()}) {
      if (lanes == nullptr) continue;
      SideLatches latches{signals[0].data(),
                          signals[1].data(),
                          signals[2].data(),
                          signals[3].data(),
                          from,
                          to,
                          before == Holds::a_long,
                          before == Holds::a_short};
      std::vector<std::uint32_t> bars(kBlockBars + 8);
      std::array<std::uint64_t, kBlockWords> longs, shorts;
      bars.resize(lanes->follow_sides(latches, bars.data(), longs.data(), shorts.data()));
      std::vector<std::pair<std::size_t, Holds>> found;
      for (std::uint32_t bar : bars) {
        const bool is_long = (longs[bar / 64] >> (bar % 64) & 1) != 0;
        const bool is_short = (shorts[bar / 64] >> (bar % 64) & 1) != 0;
        found.push_back({bar, is_long    ? Holds::a_long
                              : is_short ? Holds::a_short
                                         : Holds::nothing});
      }
      ASSERT_EQ(found, expected) << lanes->name << " " << round;
      ASSERT_EQ(latches.holds_long, holds == Holds::a_long);
      ASSERT_EQ(latches.holds_short, holds == Holds::a_short);
    }
  }
}

// One block of positions on either side, some of them without a bar.
Stretches random_stretches(Chance& chance, const Tables& tables, bool shorts) {
  Stretches out;
  std::size_t bar = 1 + chance.below(30);
  const std::size_t end = tables.span().end - 1;
  while (bar + 40 < end) {
    Stretch& stretch = out.all[out.count++];
    stretch = {};
    stretch.begin = static_cast<std::uint32_t>(bar);
    stretch.end = static_cast<std::uint32_t>(bar + (chance.one_in(9) ? 0 : chance.below(40)));
    stretch.opens = stretch.closes = true;
    stretch.is_short = shorts && chance.one_in(2);
    stretch.entry = tables.row(stretch.begin).open;
    stretch.exit = tables.row(stretch.end).open;
    bar = stretch.end + (chance.one_in(2) ? 0 : chance.below(9));
  }
  return out;
}

struct Booked {
  Ledger ledger;
  std::vector<double> numbers;  // of the moves and of what was held
};

Booked book(const Lanes& lanes, const LedgerBlock& block, bool compounds) {
  Booked booked;
  Moves moves;
  HeldStretches held;
  booked.ledger.account.holding.cash = booked.ledger.returns.mark = 10000;
  const auto trade = compounds ? lanes.trade_compounding : lanes.trade_shares;
  booked.numbers.push_back(trade(block, booked.ledger, moves, held.data()) ? 1 : 0);
  const std::size_t first = compounds ? 0 : 1;
  for (std::size_t i = 0; i < moves.count; ++i) booked.numbers.push_back(moves.after[first + i]);
  for (std::size_t i = 0; compounds && i < moves.count; ++i) {
    booked.numbers.push_back(moves.before[i]);
  }
  for (std::size_t i = 0; i < block.count; ++i) {
    const HeldStretch& one = held[i];
    for (double number : {one.holding.cash, one.holding.quantity, one.equities.most,
                          one.equities.least, one.cash}) {
      booked.numbers.push_back(number);
    }
  }
  return booked;
}

TEST(Lanes, BookTradesAlike) {
  const Lanes* wide = avx2_lanes();
  if (wide == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Chance chance(10);
  for (int round = 0; round < 60; ++round) {
    const std::int64_t bar_ns = round % 2 == 0 ? kNsPerDay : kNsPerDay / 24;
    const market::Series series = random_market(chance, "X", 2000, bar_ns, Weather::fine);
    const Tables tables(series.view(), {0, 1, 2000}, {});
    const bool compounds = round % 3 == 0;
    const Stretches stretches = random_stretches(chance, tables, !compounds);
    LedgerBlock block{stretches.all.data(),
                      stretches.count,
                      &tables.row(0),
                      &tables.day(0),
                      tables.ranges().of_block(0),
                      series.close.data(),
                      0,
                      0,
                      2000,
                      1,
                      1e-3,
                      tables.day_closes(),
                      round % 5 == 0 ? 3000.0 : 1e300,
                      0.7,
                      {tables.reaches().lowest(), tables.reaches().highest()}};
    const Booked narrow = book(baseline_lanes(), block, compounds);
    const Booked broad = book(*wide, block, compounds);
    ASSERT_EQ(narrow.numbers, broad.numbers) << round;
    EXPECT_EQ(narrow.ledger.totals.gains, broad.ledger.totals.gains);
    EXPECT_EQ(narrow.ledger.totals.losses, broad.ledger.totals.losses);
    EXPECT_EQ(narrow.ledger.totals.returns, broad.ledger.totals.returns);
    EXPECT_EQ(narrow.ledger.totals.traded, broad.ledger.totals.traded);
    EXPECT_EQ(narrow.ledger.totals.equity_sum, broad.ledger.totals.equity_sum);
    EXPECT_EQ(narrow.ledger.returns.powers, broad.ledger.returns.powers);
  }
}

}  // namespace
}  // namespace mendel::kernel
