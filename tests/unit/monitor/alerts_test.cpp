#include "stages/monitor/alerts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <set>

namespace mendel::monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kStart = 1000;
Now at(std::int64_t seconds) {
  return {(kStart + seconds) * kNsPerSecond, 1'700'000'000 * kNsPerSecond + seconds * kNsPerSecond};
}

class AlertsTest : public ::testing::Test {
 protected:
  using Value = std::function<double(std::int64_t second)>;

  void say(const std::string& stage, const std::string& name, const Value& value) {
    said_.push_back({stage, name, value});
  }
  void say(const std::string& stage, const std::string& name, double value) {
    say(stage, name, [value](std::int64_t) { return value; });
  }
  // One second after another, every process speaks; alerts look every five seconds.
  void pass(std::int64_t seconds) {
    for (const std::int64_t end = second_ + seconds; second_ < end; ++second_) {
      for (const Said& one : said_)
        readings_.add(one.stage, one.stage + "1", one.name, one.value(second_), at(second_));
      if (second_ % 5 != 0) continue;
      for (config::Value& document : alerts_.look(readings_, at(second_)))
        (is_watchdog(document) ? watchdogs_ : posted_).push_back(std::move(document));
    }
  }
  std::set<std::string> firing() const {
    std::set<std::string> names;
    for (const ActiveAlert& alert : alerts_.active())
      if (alert.is_firing && alert.rule->severity != "none") names.emplace(alert.rule->name);
    return names;
  }

  static bool is_watchdog(const config::Value& document) {
    return document.find_path("groupLabels.alertname")->as_text() == "MendelWatchdog";
  }

  struct Said {
    std::string stage;
    std::string name;
    Value value;
  };
  std::vector<Said> said_;
  Readings readings_{alert_readings()};
  Alerts alerts_{"here"};
  std::vector<config::Value> posted_;
  std::vector<config::Value> watchdogs_;
  std::int64_t second_ = 0;
};

TEST_F(AlertsTest, NothingButTheWatchdogFiresWhenAllIsWell) {
  say("results_writer", "database_round_trip_ms", 12);
  say("results_writer", "pool_in_use", 1);
  say("results_writer", "pool_max", 2);
  say("results_writer", "epoch", 4);
  say("results_writer", "append_seconds", 0.001);
  say("results_writer", "undrained_bytes", [](auto s) { return (s % 7) * 1000.0; });
  say("results_writer", "undrained_seconds", 1);
  say("results_writer", "log_bytes_max", 1e9);
  say("results_writer", "store_free_bytes", 5e9);
  say("results_writer", "store_total_bytes", 1e10);
  say("results_writer", "scores_recorded_total", [](auto s) { return s * 1000.0; });
  say("results_writer", "corrupt_records_total", 0);
  say("ga_dispatcher", "runs_active", 1);
  say("ga_dispatcher", "handed_out_total", [](auto s) { return s * 1000.0; });
  say("ga_dispatcher", "redispatched_total", [](auto s) { return s * 10.0; });
  say("ga_dispatcher", "quarantined_total", 3);
  say("ga_dispatcher", "incompatible_evaluators", 0);
  say("monitor", "stages_missing", 0);
  pass(1200);
  EXPECT_THAT(firing(), IsEmpty());
  EXPECT_EQ(posted_.size(), 0U);
  EXPECT_EQ(watchdogs_.size(), 1U);
}

struct Case {
  friend void PrintTo(const Case& one, std::ostream* out) { *out << one.alert; }
  const char* alert;
  const char* stage;
  std::vector<std::pair<const char*, std::function<double(std::int64_t)>>> says;
  std::int64_t seconds = 400;
};

std::function<double(std::int64_t)> always(double value) {
  return [value](std::int64_t) { return value; };
}
std::function<double(std::int64_t)> growing(double a_second) {
  return [a_second](std::int64_t s) { return a_second * static_cast<double>(s); };
}

std::vector<Case> cases() {
  return {
      {"MendelDatabaseSlow", "data_loader", {{"database_round_trip_ms", always(1001)}}},
      {"MendelPoolBusy", "data_loader", {{"pool_in_use", always(9)}, {"pool_max", always(10)}}},
      {"MendelWorkFails",
       "ga_dispatcher",
       {{"handed_out_total", growing(100)}, {"redispatched_total", growing(6)}}},
      {"MendelStoreSlow", "results_writer", {{"append_seconds", always(0.11)}}},
      {"MendelLogHalfFull",
       "data_loader",
       {{"undrained_bytes", always(51)}, {"log_bytes_max", always(100)}}},
      {"MendelLogOld", "data_loader", {{"undrained_seconds", always(901)}}},
      {"MendelDrainFallsBehind", "results_writer", {{"undrained_bytes", growing(1e4)}}, 700},
      {"MendelStoreAlmostFull",
       "results_writer",
       {{"store_free_bytes", always(9)}, {"store_total_bytes", always(100)}}},
      {"MendelNoScores", "ga_dispatcher", {{"runs_active", always(1)}}},
      {"MendelBarsLate", "data_loader", {{"bars_late_timeframes", always(3.5)}}},
      {"MendelTakeovers", "results_writer", {{"epoch", [](auto s) { return s / 100; }}}},
      {"MendelRestarts", "evaluator", {{"stage_restarts_total", growing(0.02)}}},
      {"MendelCorruption", "results_writer", {{"corrupt_records_total", always(1)}}},
      {"MendelQuarantine",
       "ga_dispatcher",
       {{"quarantined_total", [](auto s) { return s / 200; }}}},
      {"MendelCheckpointOld", "ga_dispatcher", {{"checkpoint_blocked_seconds", always(61)}}},
      {"MendelEvaluatorsIncompatible", "ga_dispatcher", {{"incompatible_evaluators", always(1)}}},
      {"MendelBackupOld", "results_writer", {{"backup_age_seconds", always(26 * 3600 + 1)}}},
      {"MendelClockSkew",
       "data_loader",
       {{"clock_skew_seconds", always(-1.3)}, {"clock_skew_unsure_seconds", always(0.2)}}},
      {"MendelClockWrong",
       "data_loader",
       {{"clock_skew_seconds", always(5.3)}, {"clock_skew_unsure_seconds", always(0.2)}}},
      {"MendelCertificateExpires",
       "data_loader",
       {{"certificate_expires_seconds", always(14 * 86'400 - 1)}}},
      {"MendelCertificateExpired", "data_loader", {{"certificate_expires_seconds", always(0)}}},
      {"MendelStagesMissing", "monitor", {{"stages_missing", always(1)}}},
  };
}

class AlertRule : public AlertsTest, public ::testing::WithParamInterface<Case> {};

TEST_P(AlertRule, FiresForWhatItIsThereForAndIsOverWhenThatIs) {
  const Case& one = GetParam();
  for (const auto& [name, value] : one.says) say(one.stage, name, value);
  pass(one.seconds);
  EXPECT_THAT(firing(), ElementsAre(one.alert));
  const std::string last = posted_.back().find_path("groupLabels.alertname")->as_text();
  EXPECT_EQ(last, one.alert);
  EXPECT_EQ(posted_.back().find("status")->as_text(), "firing");
  said_.clear();  // the process is gone
  pass(4000);
  EXPECT_THAT(firing(), IsEmpty());
  EXPECT_EQ(posted_.back().find("status")->as_text(), "resolved");
}

INSTANTIATE_TEST_SUITE_P(Each, AlertRule, ::testing::ValuesIn(cases()),
                         [](const auto& one) { return std::string(one.param.alert); });

TEST_F(AlertsTest, EveryRuleHasACase) {
  std::set<std::string> rules;
  std::set<std::string> with_case = {"MendelWatchdog"};
  for (const auto& rule : alert_rules()) rules.emplace(rule.name);
  for (const Case& one : cases()) with_case.emplace(one.alert);
  EXPECT_EQ(rules, with_case);
}

TEST_F(AlertsTest, EveryRuleIsSilentAtItsLimit) {
  say("data_loader", "database_round_trip_ms", 1000);
  say("data_loader", "pool_in_use", 8);
  say("data_loader", "pool_max", 10);
  say("data_loader", "undrained_seconds", 900);
  say("data_loader", "undrained_bytes", 50);
  say("data_loader", "log_bytes_max", 100);
  say("data_loader", "append_seconds", 0.1);
  say("data_loader", "backup_age_seconds", 26 * 3600);
  say("data_loader", "clock_skew_seconds", -1.25);
  say("data_loader", "clock_skew_unsure_seconds", 0.25);
  say("data_loader", "certificate_expires_seconds", 14 * 86'400);
  say("data_loader", "store_free_bytes", 10);
  say("data_loader", "store_total_bytes", 100);
  say("ga_dispatcher", "checkpoint_blocked_seconds", 60);
  pass(1000);
  EXPECT_THAT(firing(), IsEmpty());
}

TEST_F(AlertsTest, WhatHoldsForAMomentOnlyDoesNotFire) {
  say("data_loader", "pool_max", 10);
  say("data_loader", "pool_in_use", [](auto s) { return s % 200 < 150 ? 10.0 : 1.0; });
  pass(2000);
  EXPECT_THAT(firing(), IsEmpty());
}

TEST_F(AlertsTest, ARunThatRecordsNothingIsToldAfterFiveMinutesNotBefore) {
  say("ga_dispatcher", "runs_active", 1);
  say("results_writer", "scores_recorded_total", [](auto s) { return s < 600 ? s : 600.0; });
  pass(890);
  EXPECT_THAT(firing(), IsEmpty());
  pass(120);
  EXPECT_THAT(firing(), ElementsAre("MendelNoScores"));
}

TEST_F(AlertsTest, ACounterThatBeganAnewIsNotNegativeGrowth) {
  say("ga_dispatcher", "handed_out_total", [](auto s) { return (s % 300) * 100.0; });
  say("ga_dispatcher", "redispatched_total", [](auto s) { return (s % 300) * 6.0; });
  pass(1000);
  EXPECT_THAT(firing(), ElementsAre("MendelWorkFails"));
}

TEST_F(AlertsTest, ADocumentIsThatOfAlertmanagersWebhook) {
  say("data_loader", "undrained_seconds", 901);
  pass(6);
  ASSERT_EQ(posted_.size(), 1U);
  const config::Value& document = posted_[0];
  EXPECT_EQ(document.find("version")->as_text(), "4");
  EXPECT_EQ(document.find("receiver")->as_text(), "mendel");
  const config::Value& alert = document.find("alerts")->items().front();
  EXPECT_EQ(alert.find("status")->as_text(), "firing");
  EXPECT_EQ(alert.find_path("labels.alertname")->as_text(), "MendelLogOld");
  EXPECT_EQ(alert.find_path("labels.stage")->as_text(), "data_loader");
  EXPECT_EQ(alert.find_path("labels.host")->as_text(), "here");
  EXPECT_EQ(alert.find_path("annotations.value")->as_text(), "901");
  EXPECT_EQ(alert.find_path("annotations.runbook_url")->as_text(),
            "docs/operating.md#mendellogold");
  EXPECT_EQ(alert.find("startsAt")->as_text(), "2023-11-14T22:13:20Z");
  EXPECT_EQ(alert.find("endsAt")->as_text(), "0001-01-01T00:00:00Z");
  EXPECT_EQ(alert.find("fingerprint")->as_text().size(), 16U);
}

TEST_F(AlertsTest, WhatStillFiresIsToldAgainAfterFourHours) {
  say("data_loader", "undrained_seconds", 901);
  pass(4 * 3600 + 10);
  EXPECT_EQ(posted_.size(), 2U);
  EXPECT_EQ(watchdogs_.size(), 2U);
}

}  // namespace
}  // namespace mendel::monitor
