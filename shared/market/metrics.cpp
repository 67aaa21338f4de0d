#include "shared/market/metrics.hpp"

#include <algorithm>

namespace mendel::market {

std::string_view undefined_reason(Undefined reason) {
  constexpr std::array<std::string_view, 9> kReasons = {
      "",         "too_few_days",    "no_variance", "no_losing_day", "no_drawdown",
      "no_trade", "no_losing_trade", "ruined",      "no_bars"};
  const auto index = static_cast<std::size_t>(reason);
  return index < kReasons.size() ? kReasons[index] : "unknown";
}

std::optional<Metric> metric_from(std::string_view name) {
  const auto found = std::find(kMetricNames.begin(), kMetricNames.end(), name);
  if (found == kMetricNames.end()) return std::nullopt;
  return static_cast<Metric>(found - kMetricNames.begin());
}

std::string_view window_name(Window window) {
  return window == Window::in_sample ? "in_sample" : "out_of_sample";
}

}  // namespace mendel::market
