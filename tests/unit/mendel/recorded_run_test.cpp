// A finished run as `replay` and `export` take it.
#include "topology/mendel/recorded_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shared/strategy/result_value.hpp"
#include "topology/mendel/candidate_export.hpp"
#include "topology/mendel/replayed.hpp"

namespace mendel::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kExperiment = R"toml(
name = "trend"
[data]
source = "csv"
symbols = ["X"]
timeframe = "1d"
in_sample = [2020-01-01, 2021-01-01]
out_of_sample = [2021-01-01, 2022-01-01]
[strategy]
direction = "long"
entry_long = "close > ma(kind, close, fast) and rsi(close, 14) < level"
exit_long = "close < sma(close, 9)"
[genes]
fast = { int = [5, 50] }
kind = { choice = ["sma", "ema"] }
level = { real = [50, 90] }
)toml";

market::Metrics metrics(double sharpe) {
  market::Metrics all;
  for (std::size_t i = 0; i < market::kMetricCount; ++i) all.set(static_cast<market::Metric>(i), 3);
  all.set(market::Metric::sharpe_ratio, sharpe);
  all.undefine(market::Metric::profit_factor, market::Undefined::no_losing_trade);
  return all;
}

config::Value row(int rank, int fast, const char* kind, double level) {
  config::Value genes;
  genes.set("fast", fast);
  genes.set("kind", kind);
  genes.set("level", level);
  config::Value row;
  row.set("rank", rank);
  row.set("genes", genes);
  row.set("in_sample", strategy::metrics_value(metrics(1.0 / rank)));
  row.set("out_of_sample", strategy::metrics_value(metrics(0.1 / rank)));
  return row;
}

// ga_dispatcher's answer for a run with two candidates.
config::Value shown(const strategy::Overrides& overrides = {}) {
  const auto experiment = strategy::read_experiment(kExperiment, "x.toml", overrides);
  Digest dataset;
  dataset.bytes[0] = 7;
  config::Value held;
  held.set("strategy_id",
           strategy::evaluation_key(dataset, *experiment, {}, experiment->windows()).hex());
  config::Value report;
  report.set("dataset", dataset.hex());
  report.set("buy_and_hold", held);
  config::Value rows = config::Value::array();
  rows.push(row(1, 12, "ema", 70.1));
  rows.push(row(2, 7, "sma", 1e-5 + 60));
  report.set("leaderboard", rows);
  config::Value value;
  value.set("run", "01M80ZV8X9N8MDF9142DER80VK");
  value.set("name", "trend");
  value.set("state", "finished");
  value.set("experiment_toml", experiment->canonical_text);
  value.set("report", report);
  return value;
}

std::string error_of(const config::Value& value) {
  const auto run = recorded_run(value);
  return run ? "(no error)" : run.error().message;
}

TEST(RecordedRun, HasTheGenomesOfItsLeaderboard) {
  const auto run = recorded_run(shown());
  ASSERT_TRUE(run) << run.error().message;
  ASSERT_THAT(run->candidates, SizeIs(2));
  EXPECT_EQ(run->candidates[0].genome, (strategy::Genome{12, 1, 70.1}));
  EXPECT_EQ(run->candidates[1].genome, (strategy::Genome{7, 0, 1e-5 + 60}));
  EXPECT_EQ(run->candidates[1].strategy_id,
            key_of(*run, run->candidates[1].genome, market::Window::in_sample).hex());
}

TEST(RecordedRun, IsRefusedUntilItHasFinished) {
  config::Value running = shown();
  running.set("report", config::Value());
  running.set("state", "running");
  EXPECT_THAT(error_of(running), HasSubstr("is running: only a finished run has a report"));
}

TEST(RecordedRun, OfAnotherEngineIsRefused) {
  config::Value old = shown();
  config::Value report = *old.find("report");
  config::Value held;
  held.set("strategy_id", Digest{}.hex());
  report.set("buy_and_hold", held);
  old.set("report", report);
  EXPECT_THAT(error_of(old), HasSubstr("another engine version"));
}

TEST(RecordedRun, ACandidateIsNamedByRankOrTheBeginningOfItsId) {
  const auto run = recorded_run(shown());
  EXPECT_EQ(candidate_named(*run, "")->rank, 1);
  EXPECT_EQ(candidate_named(*run, "2")->rank, 2);
  EXPECT_EQ(candidate_named(*run, run->candidates[1].strategy_id.substr(0, 8))->rank, 2);
  for (const char* nobody : {"3", "0", "abc", "0123456789abcdef"}) {
    const auto named = candidate_named(*run, nobody);
    ASSERT_FALSE(named) << nobody;
    EXPECT_THAT(named.error().message, HasSubstr("by its rank, 1 to 2"));
  }
  EXPECT_EQ(split_name("a/b/3")->run, "a/b");
  EXPECT_EQ(split_name("a/b/3")->candidate, "3");
  EXPECT_EQ(split_name("trend")->candidate, "");
  EXPECT_THAT(split_name("trend/").error().message, HasSubstr("by its rank, as in trend/2"));
}

TEST(Export, AnExperimentFileFixesTheGenesAndKeepsWhatTheScoreDependsOn) {
  const auto run = recorded_run(shown());
  for (const RecordedCandidate& candidate : run->candidates) {
    const std::string text = candidate_toml(*run, candidate);
    const auto experiment = strategy::read_experiment(text, "exported.toml");
    ASSERT_TRUE(experiment) << experiment.error().message << text;
    EXPECT_EQ(experiment->digest, run->experiment.digest);
    EXPECT_EQ(*strategy::genome_from_words(*experiment, {}), candidate.genome);
  }
}

TEST(Export, ATableHasARowACandidateAndAnEmptyCellForWhatIsUndefined) {
  const auto run = recorded_run(shown());
  const std::string csv = candidates_csv(*run, run->candidates);
  EXPECT_THAT(csv, StartsWith("rank,strategy_id,fast,kind,level,in_sample_sharpe_ratio,"));
  EXPECT_THAT(csv, HasSubstr("\n2," + run->candidates[1].strategy_id + ",7,sma,60.00001,0.5,3.0,"));
  EXPECT_THAT(csv, HasSubstr(",3.0,,3.0,"));
  const config::Value document = candidates_value(*run, run->candidates);
  EXPECT_EQ(document.find("candidates")->items()[1].find_path("genes.kind")->as_text(), "sma");
}

TEST(Export, OfSeveralObjectivesSaysWhoIsOnTheFront) {
  config::Value value = shown({{"search.objectives", "[\"sharpe_ratio max\", \"turnover min\"]"}});
  config::Value report = *value.find("report");
  config::Value rows = config::Value::array();
  for (const config::Value& row : report.find("leaderboard")->items()) {
    config::Value marked = row;
    marked.set("front", rows.items().empty());
    rows.push(std::move(marked));
  }
  report.set("leaderboard", rows);
  value.set("report", report);
  const auto run = recorded_run(value);
  ASSERT_TRUE(run) << run.error().message;
  const std::string csv = candidates_csv(*run, run->candidates);
  EXPECT_THAT(csv, StartsWith("rank,strategy_id,front,fast,"));
  EXPECT_THAT(csv, HasSubstr(run->candidates[0].strategy_id + ",true,12,"));
  EXPECT_THAT(csv, HasSubstr(run->candidates[1].strategy_id + ",false,7,"));
  const config::Value document = candidates_value(*run, run->candidates);
  EXPECT_FALSE(document.find("candidates")->items()[1].find("front")->as_bool());
}

ReplayedWindow compared(const market::Metrics& kernel, const market::Metrics& plain) {
  return compare(market::Window::in_sample, strategy::metrics_value(metrics(0.7)), kernel, plain);
}

TEST(Replayed, TheKernelMustHaveEveryBitAndThePlainLoopNearlyAll) {
  const double next = std::nextafter(0.7, 1);
  EXPECT_THAT(compared(metrics(0.7), metrics(0.7)).differences, IsEmpty());
  const ReplayedWindow near = compared(metrics(0.7), metrics(next));
  EXPECT_THAT(near.differences, IsEmpty());
  EXPECT_EQ(near.plain_difference, next - 0.7);
  const ReplayedWindow kernel = compared(metrics(next), metrics(0.7));
  ASSERT_THAT(kernel.differences, SizeIs(1));
  EXPECT_EQ(kernel.differences[0].metric, "sharpe_ratio");
  EXPECT_EQ(kernel.differences[0].by, "kernel");
  EXPECT_THAT(compared(metrics(0.7), metrics(0.7 + 1e-8)).differences, SizeIs(1));
}

TEST(Replayed, CountsAndWhatIsUndefinedAreExact) {
  market::Metrics other = metrics(0.7);
  other.set(market::Metric::trade_count, 4);
  EXPECT_THAT(compared(metrics(0.7), other).differences, SizeIs(1));
  other = metrics(0.7);
  other.undefine(market::Metric::profit_factor, market::Undefined::no_trade);
  EXPECT_THAT(compared(other, metrics(0.7)).differences, SizeIs(1));
  EXPECT_THAT(compared(metrics(0.7), other).differences, SizeIs(1));
  other.set(market::Metric::profit_factor, 1);
  EXPECT_THAT(compared(metrics(0.7), other).differences, SizeIs(1));
}

}  // namespace
}  // namespace mendel::cli
