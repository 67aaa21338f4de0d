#include "shared/kernel/tick_sums.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

#include "shared/strategy/rolling.hpp"

namespace mendel::kernel {
namespace {

constexpr double kExactSum = 9007199254740992.0;  // 2^53

}  // namespace

TickSums::TickSums(const market::SeriesView& series) {
  if (series.loses_ticks()) return;
  const std::span<const double> prices[] = {series.open, series.high, series.low, series.close};
  for (std::uint8_t column = 0; column < 4; ++column) {
    const std::vector<std::int64_t> ticks =
        strategy::ticks_of({prices[column], false, series.price_scale}, series.size());
    std::vector<double>& sums = sums_[column];
    sums.push_back(0);
    for (std::int64_t tick : ticks) sums.push_back(sums.back() + static_cast<double>(tick));
    if (!ticks.empty() && sums.back() < kExactSum) continue;
    for (std::vector<double>& each : sums_) each.clear();
    return;
  }
}

}  // namespace mendel::kernel
