// The alert rules of monitor, those shipped for Prometheus, and the runbooks are the same set.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>

#include "stages/monitor/alert_rules.hpp"
#include "tests/tidy/source_tree.hpp"

namespace mendel::tidy {
namespace {

using ::testing::HasSubstr;

std::string prometheus_rule(const monitor::AlertRule& rule) {
  const std::string text = read_file("compose/prometheus/alerts.yaml");
  const std::size_t at = text.find("- alert: " + std::string(rule.name) + "\n");
  if (at == std::string::npos) return "";
  return text.substr(at, text.find("- alert:", at + 1) - at);
}

TEST(Alerts, PrometheusHasTheSameRulesDurationsSeveritiesAndWords) {
  const std::string text = read_file("compose/prometheus/alerts.yaml");
  std::size_t count = 0;
  for (std::size_t at = text.find("- alert:"); at != std::string::npos;
       at = text.find("- alert:", at + 1))
    ++count;
  EXPECT_EQ(count, monitor::alert_rules().size());
  for (const monitor::AlertRule& rule : monitor::alert_rules()) {
    const std::string other = prometheus_rule(rule);
    ASSERT_FALSE(other.empty()) << rule.name;
    const std::string duration = rule.for_seconds % 60 == 0 && rule.for_seconds > 0
                                     ? std::to_string(rule.for_seconds / 60) + "m"
                                     : std::to_string(rule.for_seconds) + "s";
    EXPECT_THAT(other, HasSubstr("for: " + duration + "\n")) << rule.name;
    EXPECT_THAT(other, HasSubstr("{severity: " + std::string(rule.severity) + "}")) << rule.name;
    EXPECT_THAT(other, HasSubstr('"' + std::string(rule.summary) + '"')) << rule.name;
    EXPECT_THAT(other, HasSubstr("docs/" + monitor::runbook(rule.name))) << rule.name;
  }
}

TEST(Alerts, PrometheusReadsWhatMonitorReads) {
  const std::vector<std::string> readings = monitor::alert_readings();
  const std::set<std::string> known(readings.begin(), readings.end());
  const std::string text = read_file("compose/prometheus/alerts.yaml");
  const std::regex metric("mendel_([a-z_]+)");
  std::set<std::string> used;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), metric);
       it != std::sregex_iterator(); ++it)
    used.insert((*it)[1].str());
  EXPECT_EQ(used, known);
}

TEST(Alerts, EachRunbookResolvesAndEachRuleHasAPrometheusTest) {
  const std::string operating = read_file("docs/operating.md");
  const std::string tests = read_file("compose/prometheus/alerts_test.yaml");
  for (const monitor::AlertRule& rule : monitor::alert_rules()) {
    const std::string name(rule.name);
    EXPECT_THAT(operating, HasSubstr("\n#### " + name + "\n"));
    EXPECT_THAT(tests, HasSubstr("- name: " + name + " fires\n"));
  }
}

// A rule about what nobody says could never fire.
TEST(Alerts, EveryReadingIsSaidBySomeStage) {
  for (const std::string& name : monitor::alert_readings()) {
    const std::string quoted = '"' + name + '"';
    bool is_said = false;
    for (const SourceFile& file : sources()) {
      const bool may_say =
          file.path.starts_with("stages/") || file.path == "shared/database/figures.cpp";
      if (!may_say || file.path == "stages/monitor/alert_rules.cpp") continue;
      for (const std::string& line : file.lines)
        is_said = is_said || line.find(quoted) != std::string::npos;
    }
    EXPECT_TRUE(is_said) << name;
  }
}

}  // namespace
}  // namespace mendel::tidy
