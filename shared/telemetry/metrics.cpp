#include "shared/telemetry/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mendel::telemetry {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string series_of(const Metric& metric) {
  std::string text = metric.name;
  for (const auto& [name, value] : metric.labels) text += fmt::format("\n{}\n{}", name, value);
  return text;
}

}  // namespace

bool is_metric_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

Result<Labels> parse_labels(std::string_view text) {
  Labels labels;
  const Error refused =
      transient_error(fmt::format("labels '{}': expected name=\"value\", …", text.substr(0, 100)));
  while (!text.empty()) {
    const std::size_t equals = text.find("=\"");
    if (equals == std::string_view::npos || !is_metric_name(text.substr(0, equals))) return refused;
    const std::size_t quote = text.find('"', equals + 2);
    if (quote == std::string_view::npos) return refused;
    labels.emplace_back(text.substr(0, equals), text.substr(equals + 2, quote - equals - 2));
    text.remove_prefix(quote + 1);
    if (text.empty()) break;
    if (text[0] != ',') return refused;
    text.remove_prefix(1);
  }
  return labels;
}

std::size_t Metrics::replace(const std::string& group, std::vector<Metric> metrics) {
  const std::lock_guard lock(mutex_);
  std::vector<Metric>& kept = groups_[group];
  series_ -= kept.size();
  kept.clear();
  std::set<std::string> seen;
  for (Metric& metric : metrics) {
    if (series_ + kept.size() >= kSeriesMax || !is_metric_name(metric.name)) continue;
    if (seen.insert(series_of(metric)).second) kept.push_back(std::move(metric));
  }
  series_ += kept.size();
  return metrics.size() - kept.size();
}

void Metrics::remove(const std::string& group) {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  series_ -= found->second.size();
  groups_.erase(found);
}

std::map<std::string, std::vector<Metric>> Metrics::by_name() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::vector<Metric>> names;
  for (const auto& [group, metrics] : groups_) {
    for (const Metric& metric : metrics) names[metric.name].push_back(metric);
  }
  return names;
}

}  // namespace mendel::telemetry
