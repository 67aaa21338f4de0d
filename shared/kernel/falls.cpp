#include "shared/kernel/falls.hpp"

namespace mendel::kernel {
namespace {

// The bar behind the rest of the bar's group, at most `end`.
std::size_t group_end(std::size_t bar, std::size_t end) {
  return std::min(end, (bar / kGroupBars + 1) * kGroupBars);
}

}  // namespace

// The bar behind the last bar at the peak, found where it was left open. Equities are compared, not
// closes: two closes may have the same.
Falls Falls::found(Falls falls, const Tables& tables) {
  const std::size_t begin = falls.below_ - 1;
  const auto best = [&](const Extremes& closes) {
    return falls.peak_holding_.equities_at(closes).most;
  };
  std::size_t bar = falls.peak_end_ - 1;
  while (falls.peak_holding_.equity_at(tables.row(bar).close) < falls.peak_) {
    const bool whole = bar % kGroupBars == kGroupBars - 1 && bar >= begin + kGroupBars;
    bar -= whole && best(tables.row(bar).until) < falls.peak_ ? kGroupBars : 1;
  }
  falls.below_ = bar + 1;
  falls.peak_end_ = 0;
  return falls;
}

// The stretch reaches a new peak, which may end the longest time below one: the time before it, or
// one within.
Falls Falls::longer(Falls falls, const Tables& tables, const Holding& holding, std::size_t begin,
                    std::size_t end) {
  if (falls.peak_end_ != 0) falls = found(falls, tables);
  std::size_t since = falls.below_;
  double peak = falls.peak_;
  for (std::size_t bar = begin; bar < end;) {
    const BarRow& row = tables.row(bar);
    const std::size_t next = group_end(bar, end);
    // Of its group from this bar on: all bars of it that the stretch has, and maybe more.
    if (holding.equities_at(row.from).most < peak) {
      bar = next;
      continue;
    }
    for (; bar < next; ++bar) {
      const double equity = holding.equity_at(tables.row(bar).close);
      if (equity < peak) continue;
      if (bar > since) falls.longest_ = std::max(falls.longest_, bar - since);
      peak = equity;
      since = bar + 1;
    }
    // What is left cannot hold a longer time.
    if (end - 1 <= since + falls.longest_) break;
  }
  return falls;
}

// The stretch may fall deeper below a peak, its own or the one before, than any before it.
Falls Falls::deeper(Falls falls, const Tables& tables, const Holding& holding, std::size_t begin,
                    std::size_t end) {
  double peak = falls.peak_;
  double& deepest = falls.deepest_;
  for (std::size_t bar = begin; bar < end;) {
    const BarRow& row = tables.row(bar);
    const std::size_t next = group_end(bar, end);
    const Extremes equities = holding.equities_at(row.from);
    const double most = std::max(peak, equities.most);
    const bool whole = next % kGroupBars == 0;  // else `from` knows bars behind the stretch
    if (whole && equities.least >= shallow_from(most, deepest)) {
      peak = most;
      bar = next;
      continue;
    }
    for (; bar < next; ++bar) {
      const double equity = holding.equity_at(tables.row(bar).close);
      peak = std::max(peak, equity);
      if (equity < shallow_from(peak, deepest)) deepest = std::max(deepest, (peak - equity) / peak);
    }
  }
  return falls;
}

}  // namespace mendel::kernel
