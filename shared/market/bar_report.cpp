#include "shared/market/bar_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace mendel::market {

std::optional<BarFault> find_fault(const Bar& bar) {
  const std::array<std::pair<std::string_view, double>, 4> prices = {
      {{"open", bar.open}, {"high", bar.high}, {"low", bar.low}, {"close", bar.close}}};
  for (const auto& [field, price] : prices) {
    if (!std::isfinite(price)) return BarFault{BarRule::not_finite, field, price};
    if (price <= 0) return BarFault{BarRule::price_not_positive, field, price};
    if (price < kPriceMin || price > kPriceMax) {
      return BarFault{BarRule::price_out_of_range, field, price};
    }
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

std::int64_t BarReport::refused_total() const {
  return std::accumulate(refused.begin(), refused.end(), std::int64_t{0});
}

std::string BarReport::refused_by_rule() const {
  std::string text;
  for (std::size_t rule = 0; rule < kBarRuleCount; ++rule) {
    if (refused[rule] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", refused[rule], kBarRuleNames[rule]);
  }
  return text;
}

std::string BarReport::refused_in_short() const {
  if (refused_total() == 0) return "";
  std::string text =
      fmt::format("{} of {} rows refused ({})", refused_total(), rows, refused_by_rule());
  const std::size_t shown = std::min(first_refusals.size(), kRefusalsInShort);
  for (std::size_t i = 0; i < shown; ++i) {
    text += (i == 0 ? ", first " : "; ") + first_refusals[i].text(file);
  }
  return text;
}

std::string BarReport::nothing_accepted() const {
  const std::string refusals = refused_in_short();
  return fmt::format("{}: none of its {} rows is a good bar{}{}", file, rows,
                     refusals.empty() ? "" : ": ", refusals);
}

}  // namespace mendel::market
