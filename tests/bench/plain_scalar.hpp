// The yardstick: the plain C++ one would write by hand, one strategy at a time, over columns that
// are computed already; one fused pass, no allocation, daily marks. Each function knows one
// strategy only, and none of the language's rules beside next-open fills, a fee per side and what
// it names.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mendel::bench {

struct PlainResult {
  double total_return = 0;
  double sharpe_ratio = 0;
  double max_drawdown = 0;
  double profit_factor = 0;
  std::int64_t trades = 0;
  std::int64_t wins = 0;
};

struct PlainBars {
  std::span<const double> open, high, low, close;
  std::span<const std::uint8_t> day_ends;  // 1 on the last bar of a UTC day
};

// Long while fast > slow, all-in.
PlainResult plain_averages(const PlainBars& bars, std::span<const double> fast,
                           std::span<const double> slow, double fee, double periods_per_year);

// The same with a stop and a target, fractions of the fill.
PlainResult plain_levels(const PlainBars& bars, std::span<const double> fast,
                         std::span<const double> slow, double fee, double stop, double target,
                         double periods_per_year);

// The general path: with a share of the equity; with a stop that trails by a fraction of the best
// price; long while fast > slow, short while fast < slow, all-in.
PlainResult plain_share(const PlainBars& bars, std::span<const double> fast,
                        std::span<const double> slow, double fee, double share,
                        double periods_per_year);
PlainResult plain_trailing(const PlainBars& bars, std::span<const double> fast,
                           std::span<const double> slow, double fee, double trail,
                           double periods_per_year);
PlainResult plain_sides(const PlainBars& bars, std::span<const double> fast,
                        std::span<const double> slow, double fee, double periods_per_year);

// Long from all four on: fast > slow, strength < ceiling, close > middle, close > base; while they
// hold, or while fast > slow.
PlainResult plain_four(const PlainBars& bars, std::span<const double> fast,
                       std::span<const double> slow, std::span<const double> strength,
                       double ceiling, std::span<const double> middle, std::span<const double> base,
                       bool exits_by_averages, double fee, double periods_per_year);

}  // namespace mendel::bench
