// A small experiment and its scores, for the tests of ga_dispatcher.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_world.hpp"

namespace mendel::testing {

inline constexpr const char* kRun = "01JD0000000000000000000001";
inline constexpr const char* kOtherRun = "01JD0000000000000000000002";

// `search` is added to the [search] section.
inline std::string experiment_text(const std::string& search = "generations = 8") {
  return R"toml(
name = "test"
[data]
source = "s"
symbols = ["X"]
timeframe = "1d"
in_sample = [2020-01-01, 2021-01-01]
out_of_sample = [2021-01-01, 2022-01-01]
[strategy]
direction = "long"
entry_long = "close > sma(close, fast) and rsi(close, 14) < level"
exit_long = "close < sma(close, slow)"
constraints = ["fast < slow"]
[genes]
fast = { int = [5, 50] }
level = { real = [50, 90] }
slow = { int = [5, 50] }
[search]
population = 20
islands = { count = 2, migration_every = 3 }
objectives = ["sharpe_ratio max"]
limits = ["trade_count >= 10"]
)toml" + search +
         "\n";
}

// Best at fast = 12, level = 71, slow = 33; too few trades where slow is large.
inline wire::Score score_of(const std::vector<double>& genome) {
  wire::Score score;
  for (const auto window : {market::Window::in_sample, market::Window::out_of_sample}) {
    wire::ScoreRow row;
    row.window = window;
    row.symbol = "portfolio";
    for (std::size_t i = 0; i < market::kMetricCount; ++i)
      row.metrics.set(static_cast<market::Metric>(i), 0.5);
    double value = 0.25;
    if (!genome.empty()) {
      const double a = genome[0] - 12;
      const double b = genome[1] - 71;
      const double c = genome[2] - 33;
      value = 3 - (a * a + b * b + c * c) / 100;
      row.metrics.set(market::Metric::trade_count, 60 - genome[2]);
    }
    row.metrics.set(market::Metric::sharpe_ratio,
                    window == market::Window::in_sample ? value : value / 2);
    score.rows.push_back(row);
  }
  return score;
}

// The digest and the report of a run in a world where nothing goes wrong.
struct Reference {
  std::string digest;
  std::int64_t evaluations = 0;
  std::string best;
  std::string verdict;
};

inline std::string text_at(const config::Value& value, const char* path) {
  const auto* found = value.find_path(path);
  return found == nullptr ? "(none)" : config::to_json(*found);
}

inline Reference reference_of(const config::Value& report) {
  const auto* evaluations = report.find("evaluations");
  return {text_at(report, "digest"), evaluations == nullptr ? -1 : evaluations->as_integer(),
          text_at(report, "best") + text_at(report, "leaderboard") + text_at(report, "history"),
          text_at(report, "verdict")};
}

inline bool operator==(const Reference& a, const Reference& b) {
  return a.digest == b.digest && a.evaluations == b.evaluations && a.best == b.best &&
         a.verdict == b.verdict;
}

inline const Reference& reference() {
  static const Reference value = [] {
    FakeWorld world({}, score_of);
    world.ask("submit", kRun, experiment_text());
    return reference_of(world.finish(kRun));
  }();
  return value;
}

}  // namespace mendel::testing
