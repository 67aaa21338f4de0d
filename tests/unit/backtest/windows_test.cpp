#include "shared/backtest/windows.hpp"

#include <gtest/gtest.h>

#include "tests/unit/backtest/market_of.hpp"

namespace mendel::backtest {
namespace {

std::int64_t at(Date date) { return days_from_date(date) * kNsPerDay; }

// In sample 2023-01-05 to 2023-01-10, two symbols or one, a look-back of 3.
strategy::Experiment experiment_of(std::size_t symbols) {
  strategy::Experiment experiment;
  for (std::size_t i = 0; i < symbols; ++i)
    experiment.data.symbols.push_back(std::string(1, 'A' + i));
  experiment.data.timeframe = {"1d", kNsPerDay};
  experiment.data.in_sample = {at({2023, 1, 5}), at({2023, 1, 10})};
  experiment.look_back = 3;
  return experiment;
}

struct Planned {
  Result<std::vector<WindowPlan>> plans;
  std::vector<std::string> notes;
};

Planned plan(const strategy::Experiment& experiment, const std::vector<market::Series>& series) {
  std::vector<market::SeriesView> views;
  for (const market::Series& one : series) views.push_back(one.view());
  std::vector<std::string> notes;
  auto plans = plan_windows(experiment, views, notes);
  return {std::move(plans), std::move(notes)};
}

std::vector<double> ones(std::size_t count) { return std::vector<double>(count, 1.0); }

TEST(Windows, AreHalfOpenAndTradableFromTheirFirstBar) {
  const Planned planned = plan(experiment_of(1), {market_of("A", ones(20))});
  ASSERT_TRUE(planned.plans);
  const Span span = planned.plans->at(0).spans.at(0);
  EXPECT_EQ(span.begin, 4u);
  EXPECT_EQ(span.first_tradable, 4u);
  EXPECT_EQ(span.end, 9u);
  EXPECT_TRUE(planned.notes.empty());
}

TEST(Windows, AShorterWarmUpMovesTheFirstTradableBarByWhatIsMissing) {
  // Bars from January 4th: one of three precedes the window.
  const Planned planned = plan(experiment_of(1), {market_of("A", ones(20), {2023, 1, 4})});
  ASSERT_TRUE(planned.plans);
  const Span span = planned.plans->at(0).spans.at(0);
  EXPECT_EQ(span.begin, 1u);
  EXPECT_EQ(span.first_tradable, 3u);
  ASSERT_EQ(planned.notes.size(), 1u);
  EXPECT_NE(planned.notes[0].find("2023-01-07"), std::string::npos);
}

TEST(Windows, NothingTradableIsRefused) {
  strategy::Experiment experiment = experiment_of(1);
  experiment.look_back = 50;
  const Planned planned = plan(experiment, {market_of("A", ones(20))});
  ASSERT_FALSE(planned.plans);
  EXPECT_EQ(planned.plans.error().kind, ErrorKind::configuration);
}

TEST(Windows, AWindowWithoutBarsIsRefusedAndSaysWhatThereIs) {
  const Planned planned = plan(experiment_of(1), {market_of("A", ones(20), {2024, 1, 1})});
  ASSERT_FALSE(planned.plans);
  EXPECT_NE(planned.plans.error().message.find("2024-01-20"), std::string::npos);
}

TEST(Windows, ASymbolThatStartsTooLateIsRefusedByMinCoverage) {
  strategy::Experiment experiment = experiment_of(2);
  experiment.look_back = 0;
  const std::vector<market::Series> series = {market_of("A", ones(20)),
                                              market_of("B", ones(20), {2023, 1, 6})};
  const Planned refused = plan(experiment, series);  // 4 of 5 bar times
  ASSERT_FALSE(refused.plans);
  EXPECT_NE(refused.plans.error().message.find("min_coverage"), std::string::npos);
  experiment.data.min_coverage = 0.8;
  const Planned accepted = plan(experiment, series);
  ASSERT_TRUE(accepted.plans);
  EXPECT_EQ(accepted.plans->at(0).spans.at(1).begin, 0u);
  EXPECT_EQ(accepted.notes.size(), 1u);
}

TEST(Windows, BarsThatLeaveMuchOfAWindowEmptyAreNoted) {
  strategy::Experiment experiment = experiment_of(1);
  experiment.data.in_sample = {at({2023, 1, 5}), at({2024, 1, 1})};
  EXPECT_EQ(plan(experiment, {market_of("A", ones(20))}).notes.size(), 1u);
}

TEST(Windows, PeriodsPerYearAreDerivedFromSessions) {
  const strategy::Experiment experiment = experiment_of(1);
  const market::Series every_day = market_of("A", ones(100));
  EXPECT_EQ(*periods_per_year_of(experiment, {every_day.view()}), 365);
  market::Series weekdays;
  market::Series weekly;
  for (std::int64_t day = 0; day < 730; ++day) {
    const market::Bar bar{day * kNsPerDay, 1, 1, 1, 1, 1};
    if (day % 7 < 5) weekdays.push(bar);
    if (day % 7 == 0) weekly.push(bar);
  }
  EXPECT_EQ(*periods_per_year_of(experiment, {weekdays.view()}), 252);
  EXPECT_FALSE(periods_per_year_of(experiment, {weekly.view()}));
  strategy::Experiment stated = experiment;
  stated.data.periods_per_year = 52;
  EXPECT_EQ(*periods_per_year_of(stated, {weekly.view()}), 52);
}

}  // namespace
}  // namespace mendel::backtest
