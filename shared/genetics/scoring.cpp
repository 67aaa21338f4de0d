#include "shared/genetics/scoring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace mendel::genetics {
namespace {

bool holds(const strategy::Limit& limit, double value) {
  if (limit.comparison == ">=") return value >= limit.bound;
  if (limit.comparison == ">") return value > limit.bound;
  if (limit.comparison == "<=") return value <= limit.bound;
  return value < limit.bound;
}

double shortfall(const strategy::Limit& limit, double value) {
  const double miss = limit.comparison[0] == '>' ? limit.bound - value : value - limit.bound;
  const double size = limit.bound < 0 ? -limit.bound : limit.bound;
  return size == 0 ? miss : miss / size;
}

std::string_view name_of(market::Metric metric) {
  return market::kMetricNames[static_cast<std::size_t>(metric)];
}

bool any_undefined(const std::vector<std::optional<double>>& values) {
  return std::any_of(values.begin(), values.end(), [](const auto& value) { return !value; });
}

}  // namespace

Scoring score(const strategy::SearchSettings& search, const market::Metrics& metrics, bool ruined) {
  Scoring scoring;
  scoring.ruined = ruined;
  for (const auto& objective : search.objectives)
    scoring.objectives.push_back(metrics.get(objective.metric));
  bool missed = ruined;
  scoring.violation = ruined ? 1 : 0;
  for (const auto& limit : search.limits) {
    const auto value = metrics.get(limit.metric);
    scoring.limits.push_back(value);
    if (!value || holds(limit, *value)) continue;
    missed = true;
    scoring.violation += shortfall(limit, *value);
  }
  if (any_undefined(scoring.objectives) || any_undefined(scoring.limits))
    scoring.validity = Validity::undefined;
  else
    scoring.validity = missed ? Validity::infeasible : Validity::feasible;
  return scoring;
}

Scoring refuse(const strategy::SearchSettings& search, std::string reason) {
  Scoring scoring;
  scoring.objectives.resize(search.objectives.size());
  scoring.limits.resize(search.limits.size());
  scoring.validity = Validity::invalid;
  scoring.invalid = std::move(reason);
  return scoring;
}

std::string explain(const strategy::SearchSettings& search, const Scoring& scoring) {
  if (scoring.feasible()) return "";
  if (scoring.validity == Validity::invalid) return scoring.invalid;
  for (std::size_t i = 0; i < scoring.objectives.size(); ++i)
    if (!scoring.objectives[i])
      return fmt::format("{} is undefined", name_of(search.objectives[i].metric));
  for (std::size_t i = 0; i < scoring.limits.size(); ++i) {
    const auto& limit = search.limits[i];
    if (!scoring.limits[i]) return fmt::format("{} is undefined", name_of(limit.metric));
    if (!holds(limit, *scoring.limits[i]))
      return fmt::format("{} is {}, limit {} {}", name_of(limit.metric), *scoring.limits[i],
                         limit.comparison, limit.bound);
  }
  return "the account was lost";
}

std::vector<std::string> misses(const strategy::SearchSettings& search, const Scoring& scoring) {
  if (scoring.feasible()) return {};
  if (scoring.validity == Validity::invalid) return {scoring.invalid};
  std::vector<std::string> all;
  for (std::size_t i = 0; i < scoring.objectives.size(); ++i)
    if (!scoring.objectives[i])
      all.push_back(fmt::format("{} is undefined", name_of(search.objectives[i].metric)));
  for (std::size_t i = 0; i < scoring.limits.size(); ++i) {
    const auto& limit = search.limits[i];
    if (!scoring.limits[i])
      all.push_back(fmt::format("{} is undefined", name_of(limit.metric)));
    else if (!holds(limit, *scoring.limits[i]))
      all.push_back(fmt::format("{} is {:.6g}, limit {} {}", name_of(limit.metric),
                                *scoring.limits[i], limit.comparison, limit.bound));
  }
  if (scoring.ruined) all.emplace_back("the account was lost");
  return all;
}

}  // namespace mendel::genetics
