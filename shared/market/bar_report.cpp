#include "shared/market/bar_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "shared/base/time.hpp"

namespace mendel::market {
namespace {

constexpr std::int64_t kClosedDaysMax = 4;

}  // namespace

std::optional<BarFault> find_fault(const Bar& bar) {
  const std::array<std::pair<std::string_view, double>, 4> prices = {
      {{"open", bar.open}, {"high", bar.high}, {"low", bar.low}, {"close", bar.close}}};
  for (const auto& [field, price] : prices) {
    if (!std::isfinite(price)) return BarFault{BarRule::not_finite, field, price};
    if (price <= 0) return BarFault{BarRule::price_not_positive, field, price};
  }
  if (!std::isfinite(bar.volume)) return BarFault{BarRule::not_finite, "volume", bar.volume};
  if (bar.volume < 0) return BarFault{BarRule::negative_volume, "volume", bar.volume};
  if (bar.high < bar.low) return BarFault{BarRule::high_below_low, "high", bar.high};
  if (bar.open < bar.low || bar.open > bar.high) {
    return BarFault{BarRule::open_outside_low_high, "open", bar.open};
  }
  if (bar.close < bar.low || bar.close > bar.high) {
    return BarFault{BarRule::close_outside_low_high, "close", bar.close};
  }
  return std::nullopt;
}

std::string Refusal::text(std::string_view file) const {
  return fmt::format("{}:{}: {}: {} ({})", file, line, field,
                     kBarRuleNames[static_cast<std::size_t>(rule)], value);
}

Holes find_holes(std::span<const std::int64_t> times_ns, const Timeframe& timeframe) {
  const std::int64_t closed_ns = timeframe.length_ns >= kNsPerDay ? kClosedDaysMax * kNsPerDay : 0;
  Holes holes;
  for (std::size_t i = 1; i < times_ns.size(); ++i) {
    const std::int64_t distance_ns = times_ns[i] - times_ns[i - 1];
    if (distance_ns <= timeframe.length_ns + closed_ns) continue;
    const std::int64_t missing = (distance_ns - 1) / timeframe.length_ns;
    const Hole hole{times_ns[i - 1], times_ns[i], missing};
    ++holes.count;
    holes.missing += missing;
    if (missing > holes.longest.missing) holes.longest = hole;
    if (holes.first.size() < kHolesKept) holes.first.push_back(hole);
  }
  return holes;
}

std::int64_t BarReport::refused_total() const {
  return std::accumulate(refused.begin(), refused.end(), std::int64_t{0});
}

}  // namespace mendel::market
