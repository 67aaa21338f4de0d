// Alerts: which rules hold for how long, and what is to be said of it: when one begins to fire,
// again every four hours, and when it is over; in the format of Alertmanager's webhook (version 4).
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "shared/config/value.hpp"
#include "stages/monitor/alert_rules.hpp"

namespace mendel::monitor {

inline constexpr std::int64_t kLookEveryNs = 5 * kNsPerSecond;
inline constexpr std::int64_t kSayAgainNs = 4 * 3600 * kNsPerSecond;
inline constexpr std::size_t kFindingsMax = 100;  // of one rule

struct ActiveAlert {
  const AlertRule* rule = nullptr;
  Finding finding;
  bool is_firing = false;            // else it is pending
  std::int64_t since_ns = 0;         // monotonic: true since
  std::int64_t started_wall_ns = 0;  // when it began to fire
};

class Alerts {
 public:
  // `host` names the pipeline in what is said.
  explicit Alerts(std::string host) : host_(std::move(host)) {}

  // Applies the rules. Returns the documents to be posted, oldest first; one a rule whose alerts
  // began, ended, or are to be told again.
  std::vector<config::Value> look(const Readings& readings, Now now);

  // Pending and firing ones, in the order of the rules.
  std::vector<ActiveAlert> active() const;
  std::size_t firing() const;  // without the watchdog

 private:
  using Key = std::pair<std::size_t, std::string>;  // rule, stage/instance

  bool look(std::size_t index, const Readings& readings, Now now, config::Value& ended);
  config::Value document(const AlertRule& rule, config::Value alerts) const;
  config::Value alert_of(const ActiveAlert& alert, std::int64_t ended_wall_ns) const;

  std::string host_;
  std::map<Key, ActiveAlert> active_;
  std::map<std::size_t, std::int64_t> told_ns_;  // of a rule that fires
};

}  // namespace mendel::monitor
