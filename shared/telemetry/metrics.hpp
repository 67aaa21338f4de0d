// Metrics: the latest values that monitor has heard, in groups (one a process), as Prometheus shall
// see them. A name ending with `_total` is a counter, every other one a gauge.
// Threads: any; one lock.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/result.hpp"

namespace mendel::telemetry {

// Enough for some hundred processes; a bound for what strangers can make us keep.
inline constexpr std::size_t kSeriesMax = 50'000;

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Metric {
  std::string name;  // with prefix: "mendel_stage_up"
  Labels labels;
  double value = 0;
};

// Reads `edge="bars",window="5"`; "" gives none. Refuses anything else.
Result<Labels> parse_labels(std::string_view text);
// Whether Prometheus takes it as the name of a metric ([a-z_][a-z0-9_]*).
bool is_metric_name(std::string_view name);

class Metrics {
 public:
  // Replaces all metrics of a group. Names that are none, repeated series and those beyond
  // kSeriesMax are left out; returns how many were.
  std::size_t replace(const std::string& group, std::vector<Metric> metrics);
  void remove(const std::string& group);
  // All metrics, by name, then in the order of the groups.
  std::map<std::string, std::vector<Metric>> by_name() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Metric>> groups_;
  std::size_t series_ = 0;
};

}  // namespace mendel::telemetry
