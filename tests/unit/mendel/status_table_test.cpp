#include "topology/mendel/status_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;

runtime::StageState state(const std::string& stage) {
  runtime::StageState one;
  one.stage = stage;
  one.healthy = true;
  one.ready = true;
  return one;
}

std::string line_of(const std::string& table, const std::string& stage) {
  const std::size_t begin = table.find("\n" + stage) + 1;
  return table.substr(begin, table.find('\n', begin) - begin);
}

TEST(StatusTable, ShowsEveryProcessAndTheStagesThatDoNotRun) {
  const std::string table = status_table({state("evaluator"), state("evaluator")});
  EXPECT_THAT(line_of(table, "ingestor"), HasSubstr("not running"));
  EXPECT_THAT(line_of(table, "evaluator"), HasSubstr("ready"));
  EXPECT_NE(table.find("\nevaluator"), table.rfind("\nevaluator"));
}

TEST(StatusTable, ShowsHowTheDatabaseAnswersAndWhatFailed) {
  runtime::StageState writer = state("results_writer");
  writer.samples = {{"database_query_p95_seconds", "", 0.0123}};
  EXPECT_THAT(line_of(status_table({writer}), "results_writer"), HasSubstr("p95 12 ms  "));
  writer.samples.push_back({"failed_connections_total", "", 3});
  writer.samples.push_back({"database_retries_total", "", 2});
  EXPECT_THAT(line_of(status_table({writer}), "results_writer"),
              HasSubstr("p95 12 ms, 3 failed, 2 retries"));
}

TEST(StatusTable, ShowsWhyAProcessIsNotReadyAndItsPool) {
  runtime::StageState writer = state("results_writer");
  writer.ready = false;
  writer.reason = "the database does not answer";
  writer.uptime_seconds = 7260;
  writer.samples = {{"pool_in_use", "", 1},
                    {"pool_idle", "", 0},
                    {"pool_max", "", 2},
                    {"undrained_bytes", "", 2048},
                    {"messages_in_per_second", "", 3.2}};
  const std::string line = line_of(status_table({writer}), "results_writer");
  EXPECT_THAT(line, HasSubstr("not ready"));
  EXPECT_THAT(line, HasSubstr("the database does not answer"));
  EXPECT_THAT(line, HasSubstr("1/0/2"));
  EXPECT_THAT(line, HasSubstr("2.0 KiB"));
  EXPECT_THAT(line, HasSubstr("2 h 1 min"));
}

TEST(StatusTable, ShowsWhatAProcessTakesOfItsMachine) {
  runtime::StageState evaluator = state("evaluator");
  evaluator.samples = {{"process_cpu_cores", "", 1.874},
                       {"process_resident_memory_bytes", "", 48.0 * (1 << 20)}};
  EXPECT_THAT(line_of(status_table({evaluator}), "evaluator"), HasSubstr("187 %  48 MiB"));
  EXPECT_THAT(line_of(status_table({state("evaluator")}), "evaluator"), HasSubstr("-"));
}

TEST(StatusTable, ListsTheAlertsThatFireButTheWatchdog) {
  runtime::StageState monitor = state("monitor");
  EXPECT_EQ(alert_lines({monitor}), "");
  monitor.samples = {
      {"alert_firing", "alertname=\"MendelWatchdog\",severity=\"none\",of=\"\"", 1},
      {"alert_firing", "alertname=\"MendelLogOld\",severity=\"warning\",of=\"data_loader\"", 1},
      {"alert_firing", "alertname=\"MendelNoScores\",severity=\"critical\",of=\"\"", 1}};
  EXPECT_EQ(alert_lines({state("ingestor"), monitor}),
            "alert MendelLogOld (warning): data_loader\nalert MendelNoScores (critical)\n");
}

}  // namespace
}  // namespace mendel::cli
