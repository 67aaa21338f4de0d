#include "shared/strategy/resample.hpp"

#include <string>

#include "shared/base/time.hpp"

namespace mendel::strategy {
namespace {

// Monday, 1970-01-05: a week starts there, and every part of a day too.
constexpr std::int64_t kMonday = 4 * kNsPerDay;

std::int64_t start_of(std::int64_t closes_ns, std::int64_t length_ns) {
  const std::int64_t since = closes_ns - 1 - kMonday;
  const std::int64_t into = since % length_ns;
  return kMonday + since - (into < 0 ? into + length_ns : into);
}

}  // namespace

market::Series resample(const market::SeriesView& bars, std::int64_t bar_ns,
                        std::int64_t length_ns) {
  market::Series longer;
  longer.symbol = std::string(bars.symbol);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const std::int64_t start = start_of(bars.time_ns[i] + bar_ns, length_ns);
    if (longer.time_ns.empty() || longer.time_ns.back() != start) {
      longer.push({start, bars.open[i], bars.high[i], bars.low[i], bars.close[i], bars.volume[i]});
      continue;
    }
    if (bars.high[i] > longer.high.back()) longer.high.back() = bars.high[i];
    if (bars.low[i] < longer.low.back()) longer.low.back() = bars.low[i];
    longer.close.back() = bars.close[i];
    longer.volume.back() += bars.volume[i];
  }
  longer.price_scale = bars.price_scale;
  if (bars.loses_ticks()) {
    longer.tick_bars = market::count_tick_bars(longer.view(), bars.price_scale);
  }
  return longer;
}

std::vector<std::size_t> last_closed(std::span<const std::int64_t> bars, std::int64_t bar_ns,
                                     std::span<const std::int64_t> others, std::int64_t other_ns) {
  std::vector<std::size_t> last(bars.size(), kNoBar);
  std::size_t closed = 0;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    while (closed < others.size() && others[closed] + other_ns <= bars[i] + bar_ns) ++closed;
    if (closed > 0) last[i] = closed - 1;
  }
  return last;
}

}  // namespace mendel::strategy
