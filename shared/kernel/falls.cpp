#include "shared/kernel/falls.hpp"

namespace mendel::kernel {
namespace {

// The bar behind the rest of the bar's group, at most `end`.
std::size_t group_end(std::size_t bar, std::size_t end) {
  return std::min(end, (bar / kGroupBars + 1) * kGroupBars);
}

}  // namespace

// The bar behind the last bar at the peak, found where it was left open.
Falls Falls::found(Falls falls, const Tables& tables) {
  const std::size_t begin = falls.below_ - 1;
  const Extremes closes = tables.extremes(begin, falls.peak_end_);
  const double best = falls.peak_is_short_ ? closes.least : closes.most;
  std::size_t bar = falls.peak_end_ - 1;
  while (tables.row(bar).close != best) {
    const Extremes& until = tables.row(bar).until;
    const bool whole = bar % kGroupBars == kGroupBars - 1 && bar >= begin + kGroupBars;
    const bool has_best = (falls.peak_is_short_ ? until.least : until.most) == best;
    bar -= whole && !has_best ? kGroupBars : 1;
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
    if (holding.most_at(row.from) < peak) {
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
    const double most = holding.most_at(row.from);
    const bool whole = next % kGroupBars == 0;  // else `from` knows bars behind the stretch
    if (whole && holding.least_at(row.from) >= std::max(peak, most) * (1 - deepest)) {
      peak = std::max(peak, most);
      bar = next;
      continue;
    }
    for (; bar < next; ++bar) {
      const double equity = holding.equity_at(tables.row(bar).close);
      peak = std::max(peak, equity);
      if (equity < peak * (1 - deepest)) deepest = std::max(deepest, (peak - equity) / peak);
    }
  }
  return falls;
}

}  // namespace mendel::kernel
