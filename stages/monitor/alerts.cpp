#include "stages/monitor/alerts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "shared/base/hash.hpp"

namespace mendel::monitor {
namespace {

constexpr const char* kNotEnded = "0001-01-01T00:00:00Z";  // Go's zero time, as Alertmanager says

config::Value labels_of(const AlertRule& rule, const std::string& host) {
  config::Value labels = config::Value::table();
  labels.set("alertname", rule.name);
  labels.set("severity", rule.severity);
  labels.set("host", host);
  return labels;
}

config::Value annotations_of(const AlertRule& rule) {
  config::Value annotations = config::Value::table();
  annotations.set("summary", rule.summary);
  annotations.set("runbook_url", "docs/" + runbook(rule.name));
  return annotations;
}

}  // namespace

std::vector<config::Value> Alerts::look(const Readings& readings, Now now) {
  std::vector<config::Value> documents;
  for (std::size_t index = 0; index < alert_rules().size(); ++index) {
    config::Value alerts = config::Value::array();  // that are over
    const bool news = look(index, readings, now, alerts);
    bool fires = false;
    for (const auto& [key, alert] : active_) {
      if (key.first != index || !alert.is_firing) continue;
      fires = true;
      alerts.push(alert_of(alert, 0));
    }
    const auto told = told_ns_.find(index);
    const bool again =
        fires && told != told_ns_.end() && now.monotonic_ns - told->second >= kSayAgainNs;
    if (news || again) {
      documents.push_back(document(alert_rules()[index], std::move(alerts)));
      told_ns_[index] = now.monotonic_ns;
    }
    if (!fires) told_ns_.erase(index);
  }
  return documents;
}

// True when one began to fire or is over; those that are over are in `ended`.
bool Alerts::look(std::size_t index, const Readings& readings, Now now, config::Value& ended) {
  const AlertRule& rule = alert_rules()[index];
  bool news = false;
  std::set<Key> seen;
  for (const Finding& finding : rule.find(readings, now)) {
    if (seen.size() >= kFindingsMax) break;
    const Key key{index, finding.stage + "/" + finding.instance};
    seen.insert(key);
    ActiveAlert& alert = active_[key];
    if (alert.rule == nullptr) alert.since_ns = now.monotonic_ns;
    alert.rule = &rule;
    alert.finding = finding;
    if (!alert.is_firing && now.monotonic_ns - alert.since_ns >= rule.for_seconds * kNsPerSecond) {
      alert.is_firing = true;
      alert.started_wall_ns = now.wall_ns;
      news = true;
    }
  }
  for (auto entry = active_.begin(); entry != active_.end();) {
    if (entry->first.first != index || seen.count(entry->first) > 0) {
      ++entry;
      continue;
    }
    if (entry->second.is_firing) {
      ended.push(alert_of(entry->second, now.wall_ns));
      news = true;
    }
    entry = active_.erase(entry);
  }
  return news;
}

config::Value Alerts::alert_of(const ActiveAlert& alert, std::int64_t ended_wall_ns) const {
  config::Value labels = labels_of(*alert.rule, host_);
  if (!alert.finding.stage.empty()) labels.set("stage", alert.finding.stage);
  if (!alert.finding.instance.empty()) labels.set("instance", alert.finding.instance);
  config::Value annotations = annotations_of(*alert.rule);
  annotations.set("value", fmt::format("{:.6g}", alert.finding.value));
  config::Value value;
  value.set("status", ended_wall_ns == 0 ? "firing" : "resolved");
  value.set("fingerprint", sha256(config::to_json(labels)).hex().substr(0, 16));
  value.set("labels", std::move(labels));
  value.set("annotations", std::move(annotations));
  value.set("startsAt", format_time(alert.started_wall_ns));
  value.set("endsAt", ended_wall_ns == 0 ? kNotEnded : format_time(ended_wall_ns));
  value.set("generatorURL", "");
  return value;
}

config::Value Alerts::document(const AlertRule& rule, config::Value alerts) const {
  const bool fires = std::any_of(
      alerts.items().begin(), alerts.items().end(),
      [](const config::Value& alert) { return alert.find("status")->as_text() == "firing"; });
  config::Value group = config::Value::table();
  group.set("alertname", rule.name);
  config::Value value;
  value.set("version", "4");
  value.set("groupKey", fmt::format("{{}}:{{alertname=\"{}\"}}", rule.name));
  value.set("truncatedAlerts", 0);
  value.set("status", fires ? "firing" : "resolved");
  value.set("receiver", "mendel");
  value.set("groupLabels", std::move(group));
  value.set("commonLabels", labels_of(rule, host_));
  value.set("commonAnnotations", annotations_of(rule));
  value.set("externalURL", "");
  value.set("alerts", std::move(alerts));
  return value;
}

std::vector<ActiveAlert> Alerts::active() const {
  std::vector<ActiveAlert> all;
  all.reserve(active_.size());
  for (const auto& [key, alert] : active_) all.push_back(alert);
  return all;
}

std::size_t Alerts::firing() const {
  return static_cast<std::size_t>(std::count_if(
      active_.begin(), active_.end(),
      [](const auto& one) { return one.second.is_firing && one.second.rule->severity != "none"; }));
}

}  // namespace mendel::monitor
