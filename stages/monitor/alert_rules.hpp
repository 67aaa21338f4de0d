// AlertRules: what an operator is told of. The same rules, for those who run Prometheus, are in
// compose/prometheus/alerts.yaml; a test compares names, durations and severities, and that each
// has its place in docs/operating.md.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stages/monitor/readings.hpp"

namespace mendel::monitor {

struct Finding {
  std::string stage;     // "" = of the pipeline
  std::string instance;  // "" = of all of them
  double value = 0;
};

struct AlertRule {
  std::string_view name;      // "MendelPoolBusy"
  std::string_view severity;  // "critical" | "warning" | "none"
  std::int64_t for_seconds;   // true for so long before it fires
  std::string_view summary;   // one sentence
  std::vector<Finding> (*find)(const Readings& readings, Now now);
};

const std::vector<AlertRule>& alert_rules();

// Every series that the rules read.
std::vector<std::string> alert_readings();

// "operating.md#mendelpoolbusy": where it says what to do.
std::string runbook(std::string_view alert);

}  // namespace mendel::monitor
