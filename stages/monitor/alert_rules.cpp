#include "stages/monitor/alert_rules.hpp"

#include <cctype>
#include <cmath>
#include <limits>

namespace mendel::monitor {
namespace {

constexpr std::int64_t kMinuteNs = 60 * kNsPerSecond;
constexpr std::int64_t kHourNs = 60 * kMinuteNs;

using Findings = std::vector<Finding>;

// Processes whose latest value is above the limit.
Findings above(const Readings& readings, Now now, std::string_view name, double limit) {
  Findings found;
  for (const auto& one : readings.latest(name, now))
    if (one.value > limit) found.push_back({one.stage, one.instance, one.value});
  return found;
}

// The share that one value is of another of the same process.
Findings share_above(const Readings& readings, Now now, std::string_view part,
                     std::string_view whole, double limit) {
  Findings found;
  for (const auto& one : readings.latest(part, now)) {
    const auto all = readings.latest_of(whole, one.instance, now);
    if (all && *all > 0 && one.value / *all > limit)
      found.push_back({one.stage, one.instance, one.value / *all});
  }
  return found;
}

Findings grew(const Readings& readings, Now now, std::string_view name, std::int64_t window_ns,
              double limit) {
  Findings found;
  for (const auto& [stage, increase] : readings.increase_by_stage(name, window_ns, now))
    if (increase > limit) found.push_back({stage, "", increase});
  return found;
}

Findings database_slow(const Readings& r, Now now) {
  return above(r, now, "database_round_trip_ms", 1000);
}

Findings pool_busy(const Readings& r, Now now) {
  return share_above(r, now, "pool_in_use", "pool_max", 0.8);
}

// Pieces of work that had to be handed out again, of all that were handed out in an hour.
Findings work_fails(const Readings& r, Now now) {
  const double all = r.increase("handed_out_total", kHourNs, now);
  const double again = r.increase("redispatched_total", kHourNs, now);
  if (all <= 0 || again / all <= 0.05) return {};
  return {{"evaluator", "", again / all}};
}

Findings store_slow(const Readings& r, Now now) { return above(r, now, "append_seconds", 0.1); }

Findings log_half_full(const Readings& r, Now now) {
  return share_above(r, now, "undrained_bytes", "log_bytes_max", 0.5);
}

Findings log_old(const Readings& r, Now now) { return above(r, now, "undrained_seconds", 900); }

// More waits to be loaded than ten minutes ago, and no little.
Findings drain_falls_behind(const Readings& r, Now now) {
  Findings found;
  for (const auto& one : r.change("undrained_bytes", 10 * kMinuteNs, now))
    if (one.value > 1 << 20) found.push_back({one.stage, one.instance, one.value});
  return found;
}

Findings store_almost_full(const Readings& r, Now now) {
  Findings found;
  for (const auto& one : r.latest("store_free_bytes", now)) {
    const auto all = r.latest_of("store_total_bytes", one.instance, now);
    if (all && one.value < 0.1 * *all) found.push_back({one.stage, one.instance, one.value / *all});
  }
  return found;
}

Findings no_scores(const Readings& r, Now now) {
  const Findings active = above(r, now, "runs_active", 0);
  if (active.empty() || r.increase("scores_recorded_total", kMinuteNs, now) > 0) return {};
  return {{"results_writer", "", 0}};
}

Findings bars_late(const Readings& r, Now now) { return above(r, now, "bars_late_timeframes", 3); }

Findings takeovers(const Readings& r, Now now) {
  Findings found;
  for (const char* stage : {"data_loader", "ga_dispatcher", "results_writer"}) {
    const int count = r.changes("epoch", stage, 10 * kMinuteNs, now);
    if (count >= 3) found.push_back({stage, "", static_cast<double>(count)});
  }
  return found;
}

Findings restarts(const Readings& r, Now now) {
  return grew(r, now, "stage_restarts_total", 10 * kMinuteNs, 3);
}

Findings corruption(const Readings& r, Now now) {
  return above(r, now, "corrupt_records_total", 0);
}

Findings quarantine(const Readings& r, Now now) {
  return grew(r, now, "quarantined_total", kHourNs, 0);
}

Findings checkpoint_old(const Readings& r, Now now) {
  return above(r, now, "checkpoint_blocked_seconds", 60);
}

Findings incompatible(const Readings& r, Now now) {
  return above(r, now, "incompatible_evaluators", 0);
}

Findings backup_old(const Readings& r, Now now) {
  return above(r, now, "backup_age_seconds", 26 * 3600);
}

// By how much the clocks of a machine and its database differ for certain, as `mendel validate`
// measures it: beyond `low`, up to `high` seconds.
Findings skew_between(const Readings& r, Now now, double low, double high) {
  Findings found;
  for (const auto& one : r.latest("clock_skew_seconds", now)) {
    const double unsure = r.latest_of("clock_skew_unsure_seconds", one.instance, now).value_or(0);
    const double certain = std::abs(one.value) - unsure;
    if (certain > low && certain <= high) found.push_back({one.stage, one.instance, one.value});
  }
  return found;
}

Findings clock_skew(const Readings& r, Now now) { return skew_between(r, now, 1, 5); }

Findings clock_wrong(const Readings& r, Now now) {
  return skew_between(r, now, 5, std::numeric_limits<double>::infinity());
}

Findings certificate_expires(const Readings& r, Now now) {
  Findings found;
  for (const auto& one : r.latest("certificate_expires_seconds", now)) {
    if (one.value > 0 && one.value < 14 * 86'400)
      found.push_back({one.stage, one.instance, one.value});
  }
  return found;
}

Findings certificate_expired(const Readings& r, Now now) {
  Findings found;
  for (const auto& one : r.latest("certificate_expires_seconds", now))
    if (one.value <= 0) found.push_back({one.stage, one.instance, one.value});
  return found;
}

Findings stages_missing(const Readings& r, Now now) { return above(r, now, "stages_missing", 0); }

Findings watchdog(const Readings&, Now) { return {{"", "", 1}}; }

}  // namespace

const std::vector<AlertRule>& alert_rules() {
  static const std::vector<AlertRule> kRules = {
      {"MendelDatabaseSlow", "warning", 60, "the database takes more than a second to answer",
       database_slow},
      {"MendelPoolBusy", "warning", 300, "more than 80 % of the database connections are in use",
       pool_busy},
      {"MendelWorkFails", "warning", 0,
       "more than 5 % of the work of an hour had to be handed out again", work_fails},
      {"MendelStoreSlow", "warning", 60, "the store takes more than 100 ms to make a write durable",
       store_slow},
      {"MendelLogHalfFull", "warning", 0, "half of what the log may hold is not in the database",
       log_half_full},
      {"MendelLogOld", "warning", 0, "something in the log waits for the database for 15 minutes",
       log_old},
      {"MendelDrainFallsBehind", "warning", 0,
       "for ten minutes more arrived than the database took", drain_falls_behind},
      {"MendelStoreAlmostFull", "critical", 60, "less than 10 % of the store's disk is free",
       store_almost_full},
      {"MendelNoScores", "critical", 300, "a run is active and nothing was recorded for 5 minutes",
       no_scores},
      {"MendelBarsLate", "warning", 0, "live bars are late by more than 3 timeframes", bars_late},
      {"MendelTakeovers", "critical", 0, "a role changed its owner 3 times in 10 minutes",
       takeovers},
      {"MendelRestarts", "warning", 0, "a stage was restarted more than 3 times in 10 minutes",
       restarts},
      {"MendelCorruption", "critical", 0, "records of a log are damaged", corruption},
      {"MendelQuarantine", "warning", 0, "a candidate was put into quarantine in the last hour",
       quarantine},
      {"MendelCheckpointOld", "critical", 0, "for a minute no checkpoint could be saved: runs wait",
       checkpoint_old},
      {"MendelEvaluatorsIncompatible", "warning", 60, "evaluators of another version get no work",
       incompatible},
      {"MendelBackupOld", "warning", 0, "the latest backup is older than 26 hours", backup_old},
      {"MendelClockSkew", "warning", 60,
       "the clocks of this machine and of the database differ by more than a second", clock_skew},
      {"MendelClockWrong", "critical", 60,
       "the clocks of this machine and of the database differ by more than 5 seconds", clock_wrong},
      {"MendelCertificateExpires", "warning", 0,
       "the certificate of the database's server expires in less than 14 days",
       certificate_expires},
      {"MendelCertificateExpired", "critical", 0,
       "the certificate of the database's server has expired", certificate_expired},
      {"MendelStagesMissing", "critical", 60, "a stage of the pipeline is not running",
       stages_missing},
      {"MendelWatchdog", "none", 0, "always firing: when it stops, nobody is watching", watchdog},
  };
  return kRules;
}

std::vector<std::string> alert_readings() {
  return {"append_seconds",
          "backup_age_seconds",
          "bars_late_timeframes",
          "certificate_expires_seconds",
          "checkpoint_blocked_seconds",
          "clock_skew_seconds",
          "clock_skew_unsure_seconds",
          "corrupt_records_total",
          "database_round_trip_ms",
          "epoch",
          "handed_out_total",
          "incompatible_evaluators",
          "log_bytes_max",
          "pool_in_use",
          "pool_max",
          "quarantined_total",
          "redispatched_total",
          "runs_active",
          "scores_recorded_total",
          "stage_restarts_total",
          "stages_missing",
          "store_free_bytes",
          "store_total_bytes",
          "undrained_bytes",
          "undrained_seconds"};
}

std::string runbook(std::string_view alert) {
  std::string anchor = "operating.md#";
  for (const unsigned char c : alert) anchor += static_cast<char>(std::tolower(c));
  return anchor;
}

}  // namespace mendel::monitor
