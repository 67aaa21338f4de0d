#include "shared/strategy/result_value.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace mendel::strategy {
namespace {

bool is_count(market::Metric metric) {
  return metric == market::Metric::trade_count || metric == market::Metric::max_drawdown_bars;
}

}  // namespace

config::Value metrics_value(const market::Metrics& metrics) {
  config::Value value = config::Value::table();
  config::Value undefined = config::Value::table();
  for (std::size_t i = 0; i < market::kMetricCount; ++i) {
    const auto metric = static_cast<market::Metric>(i);
    const std::optional<double> number = metrics.get(metric);
    if (!number) {
      value.set(market::kMetricNames[i], config::Value());
      undefined.set(market::kMetricNames[i], market::undefined_reason(metrics.reasons[i]));
    } else if (is_count(metric)) {
      value.set(market::kMetricNames[i], static_cast<std::int64_t>(*number));
    } else {
      value.set(market::kMetricNames[i], *number);
    }
  }
  if (!undefined.entries().empty()) value.set("undefined", std::move(undefined));
  return value;
}

}  // namespace mendel::strategy
