#include "stages/monitor/monitor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

namespace mendel::monitor {
namespace {

using ::testing::Contains;
using ::testing::Not;

Now at(std::int64_t seconds) { return {seconds * kNsPerSecond, seconds * kNsPerSecond}; }

wire::Stat stat(const std::string& stage, const std::string& incarnation) {
  wire::Stat word;
  word.stage = stage;
  word.incarnation = incarnation;
  word.host = "here";
  word.ready = true;
  word.samples = {{"messages_in_total", "edge=\"bars\"", 7}, {"pool_in_use", "", 2}};
  return word;
}

class MonitorTest : public ::testing::Test {
 protected:
  // All metrics as the exposer would hold them.
  std::optional<telemetry::Metric> find(const std::string& name, const std::string& instance) {
    for (Group& group : monitor_.changes()) groups_[group.name] = std::move(group.metrics);
    for (const auto& [group, metrics] : groups_) {
      for (const telemetry::Metric& metric : metrics) {
        const std::pair<std::string, std::string> wanted{"instance", instance};
        const bool matches =
            instance.empty() ||
            std::find(metric.labels.begin(), metric.labels.end(), wanted) != metric.labels.end();
        if (metric.name == name && matches) return metric;
      }
    }
    return std::nullopt;
  }

  Monitor monitor_;
  std::map<std::string, std::vector<telemetry::Metric>> groups_;
};

TEST_F(MonitorTest, ShowsEverySampleWithTheLabelsOfItsProcess) {
  monitor_.hear(stat("data_loader", "a"), at(1));
  const auto in = find("mendel_messages_in_total", "a");
  ASSERT_TRUE(in);
  EXPECT_EQ(in->value, 7);
  EXPECT_EQ(in->labels,
            (telemetry::Labels{
                {"stage", "data_loader"}, {"instance", "a"}, {"host", "here"}, {"edge", "bars"}}));
  EXPECT_EQ(find("mendel_stage_up", "a")->value, 1);
  EXPECT_EQ(find("mendel_stage_ready", "a")->value, 1);
  EXPECT_EQ(find("mendel_pool_in_use", "a")->value, 2);
}

TEST_F(MonitorTest, AProcessSilentForFiveSecondsIsDown) {
  monitor_.hear(stat("evaluator", "a"), at(1));
  monitor_.tick(at(5));
  EXPECT_EQ(find("mendel_stage_up", "a")->value, 1);
  monitor_.tick(at(6));
  EXPECT_EQ(find("mendel_stage_up", "a")->value, 0);
  EXPECT_EQ(find("mendel_stage_ready", "a")->value, 0);
  EXPECT_FALSE(find("mendel_pool_in_use", "a"));
  EXPECT_EQ(monitor_.processes_up(), 0u);
  monitor_.hear(stat("evaluator", "a"), at(7));
  EXPECT_EQ(find("mendel_stage_up", "a")->value, 1);
}

TEST_F(MonitorTest, ARestartedStageReplacesItsSilentPredecessor) {
  monitor_.hear(stat("results_writer", "a"), at(1));
  monitor_.hear(stat("results_writer", "b"), at(5));
  monitor_.tick(at(7));
  EXPECT_FALSE(find("mendel_stage_up", "a"));
  EXPECT_EQ(find("mendel_stage_up", "b")->value, 1);
}

TEST_F(MonitorTest, ALostEvaluatorIsShownUntilItIsForgotten) {
  monitor_.hear(stat("evaluator", "a"), at(1));
  monitor_.hear(stat("evaluator", "b"), at(5));
  monitor_.tick(at(7));
  EXPECT_EQ(find("mendel_stage_up", "a")->value, 0);
  monitor_.tick(at(400));
  EXPECT_FALSE(find("mendel_stage_up", "a"));
}

TEST_F(MonitorTest, NamesTheStagesThatNobodySpeaksFor) {
  EXPECT_EQ(find("mendel_stages_missing", "")->value, 6);
  monitor_.hear(stat("ingestor", "a"), at(1));
  EXPECT_EQ(find("mendel_stages_missing", "")->value, 5);
  EXPECT_THAT(monitor_.missing(), Not(Contains("ingestor")));
  monitor_.tick(at(10));
  EXPECT_EQ(find("mendel_stages_missing", "")->value, 6);
}

TEST_F(MonitorTest, IgnoresStrangersAndBoundsProcesses) {
  monitor_.hear(stat("intruder", "a"), at(1));
  monitor_.hear(stat("evaluator", std::string(1000, 'x')), at(1));
  EXPECT_EQ(monitor_.processes_up(), 0u);
  for (std::size_t i = 0; i < kProcessesMax + 10; ++i) {
    monitor_.hear(stat("evaluator", std::to_string(i)), at(1));
  }
  EXPECT_EQ(monitor_.processes_up(), kProcessesMax);
}

TEST_F(MonitorTest, ShowsTheProgressOfTheLatestRuns) {
  for (std::size_t i = 0; i <= kRunsMax; ++i) {
    wire::Progress progress;
    progress.run = "run" + std::to_string(i);
    progress.state = "running";
    progress.generation = 4;
    monitor_.hear(progress, at(static_cast<std::int64_t>(i)));
  }
  EXPECT_EQ(find("mendel_run_generation", "")->value, 4);
  std::size_t shown = 0;
  for (const auto& [group, metrics] : groups_)
    shown += group.starts_with("run/") && !metrics.empty();
  EXPECT_EQ(shown, kRunsMax);
  EXPECT_TRUE(groups_["run/run0"].empty());
}

TEST_F(MonitorTest, ARunHasARateOnlyWhileItSearches) {
  wire::Progress progress;
  progress.run = "run";
  progress.evaluations_per_second = 560;
  for (const auto& [state, rate] :
       {std::pair{"running", 560.0}, {"reporting", 0.0}, {"finished", 0.0}}) {
    progress.state = state;
    monitor_.hear(progress, at(1));
    EXPECT_EQ(find("mendel_run_evaluations_per_second", "")->value, rate) << state;
  }
}

TEST_F(MonitorTest, TheFailureRatioIsWhatWasHandedOutAgainOfAllInAnHour) {
  wire::Stat word = stat("ga_dispatcher", "a");
  const auto count = [&](std::int64_t second, double all, double again) {
    word.samples = {{"handed_out_total", "", all}, {"redispatched_total", "", again}};
    monitor_.hear(word, at(second));
    monitor_.tick(at(second));
  };
  count(1, 1000, 900);  // of a time before it was watched
  EXPECT_FALSE(find("mendel_worker_failure_ratio", ""));
  count(20, 1200, 910);
  EXPECT_DOUBLE_EQ(find("mendel_worker_failure_ratio", "")->value, 0.05);
}

TEST_F(MonitorTest, AProcessThatFollowsADeadOneIsARestart) {
  const auto restarts = [&](const std::string& stage) {
    for (Group& group : monitor_.changes()) groups_[group.name] = std::move(group.metrics);
    for (const telemetry::Metric& metric : groups_["monitor"]) {
      if (metric.name == "mendel_stage_restarts_total" && metric.labels[0].second == stage)
        return metric.value;
    }
    return -1.0;
  };
  // Three evaluators join, one stays; the second dies and comes back, the third leaves for good.
  for (int second = 0; second < 300; ++second) {
    monitor_.hear(stat("evaluator", "a"), at(second));
    if (second < 100) monitor_.hear(stat("evaluator", "b"), at(second));
    if (second >= 102) monitor_.hear(stat("evaluator", "b2"), at(second));
    if (second < 180) monitor_.hear(stat("evaluator", "c"), at(second));
    monitor_.tick(at(second));
  }
  EXPECT_EQ(restarts("evaluator"), 1);
  EXPECT_EQ(restarts("ingestor"), 0);
}

TEST_F(MonitorTest, AvailabilityIsTheShareOfTimeAStageWasThere) {
  for (int second = 0; second < 1000; ++second) {
    if (second < 495) monitor_.hear(stat("ingestor", "a"), at(second));
    monitor_.tick(at(second));
  }
  for (Group& group : monitor_.changes()) groups_[group.name] = std::move(group.metrics);
  double ratio = -1;
  for (const telemetry::Metric& metric : groups_["monitor"]) {
    if (metric.name == "mendel_stage_availability_ratio" && metric.labels[0].second == "ingestor")
      ratio = metric.value;
  }
  EXPECT_NEAR(ratio, 0.5, 0.005);
}

}  // namespace
}  // namespace mendel::monitor
