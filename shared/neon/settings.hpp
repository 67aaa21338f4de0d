// Settings: what of a Neon project Mendel sets, what is in force, and what would change. Rules are
// checked before anything is sent.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"

namespace mendel::neon {

inline constexpr double kMinCuLeast = 0.25;
inline constexpr double kMaxCuMost = 16;
inline constexpr double kCuSpanMost = 8;  // max − min
inline constexpr std::int64_t kSuspendSecondsLeast = 60;
inline constexpr std::int64_t kSuspendSecondsMost = 604'800;
inline constexpr std::int64_t kHistorySecondsMost = 2'592'000;
inline constexpr std::int64_t kHistorySeconds = 604'800;  // where none is asked for

// Absent = as it is.
struct Wanted {
  std::optional<double> min_cu;
  std::optional<double> max_cu;
  std::optional<std::int64_t> suspend_seconds;  // 0 = Neon's default (300 s), −1 = never
  std::optional<std::int64_t> history_seconds;  // else at least kHistorySeconds, never less
  std::optional<std::vector<std::string>> allowed_ips;
};

struct InForce {
  std::string endpoint;  // "ep-cool-forest-123456"
  double min_cu = 0;
  double max_cu = 0;
  std::int64_t suspend_seconds = 0;
  std::int64_t history_seconds = 0;
  std::vector<std::string> allowed_ips;  // empty = everyone may connect
  bool protected_branches_only = false;
};

struct Change {
  std::string setting;
  std::string from;
  std::string to;
};

// The documents of GET /projects/<p> ("project") and of one endpoint.
InForce in_force(const config::Value& project, const config::Value& endpoint);

// Errors (configuration) name the option and the rule.
Status check_wanted(const Wanted& wanted, const InForce& now);

std::vector<Change> changes(const Wanted& wanted, const InForce& now);

// Bodies of PATCH …/endpoints/<e> and PATCH /projects/<p>; null when nothing of it changes.
config::Value endpoint_patch(const Wanted& wanted, const InForce& now);
config::Value project_patch(const Wanted& wanted, const InForce& now);

// "never", "after 300 s idle (Neon's default)", "after 3600 s idle".
std::string suspend_text(std::int64_t seconds);
// "7 days", "36 hours", "0 seconds": the largest unit that fits.
std::string duration_text(std::int64_t seconds);

// One entry of the allow list: an address, a network (CIDR) or a range a-b. Refuses what is none,
// and what no client on the internet can have (private, loopback, link-local).
Status check_allowed_ip(const std::string& entry);

}  // namespace mendel::neon
