// Metrics: what a backtest reports per window and symbol. One table (kMetricNames) serves the
// backtest, the wire, the database columns, objectives and JSON. Formulas: docs/metrics.md.
// Threads: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace mendel::market {

// The order is part of wire and log formats: append only.
enum class Metric : std::uint8_t {
  sharpe_ratio,
  sortino_ratio,
  total_return,
  cagr,
  max_drawdown,
  calmar_ratio,
  max_drawdown_bars,
  trade_count,
  win_rate,
  profit_factor,
  average_trade,
  exposure,
  turnover,
  skewness,
  kurtosis,
};
inline constexpr std::size_t kMetricCount = 15;
inline constexpr std::array<std::string_view, kMetricCount> kMetricNames = {
    "sharpe_ratio",  "sortino_ratio",     "total_return", "cagr",     "max_drawdown",
    "calmar_ratio",  "max_drawdown_bars", "trade_count",  "win_rate", "profit_factor",
    "average_trade", "exposure",          "turnover",     "skewness", "kurtosis"};

// Why a metric is undefined (NULL). Values are frozen.
enum class Undefined : std::uint8_t {
  no = 0,  // it is defined
  too_few_days = 1,
  no_variance = 2,  // all daily returns are equal
  no_losing_day = 3,
  no_drawdown = 4,
  no_trade = 5,
  no_losing_trade = 6,
  ruined = 7,
  no_bars = 8,
};
std::string_view undefined_reason(Undefined reason);  // "no_variance", …

struct Metrics {
  // An undefined metric holds the one quiet NaN and a reason other than `no`.
  std::array<double, kMetricCount> values{};
  std::array<Undefined, kMetricCount> reasons{};

  std::optional<double> get(Metric metric) const {
    const auto i = static_cast<std::size_t>(metric);
    return reasons[i] == Undefined::no ? std::optional(values[i]) : std::nullopt;
  }
  void set(Metric metric, double value) {
    values[static_cast<std::size_t>(metric)] = value;
    reasons[static_cast<std::size_t>(metric)] = Undefined::no;
  }
  void undefine(Metric metric, Undefined reason) {
    values[static_cast<std::size_t>(metric)] = std::numeric_limits<double>::quiet_NaN();
    reasons[static_cast<std::size_t>(metric)] = reason;
  }
};

std::optional<Metric> metric_from(std::string_view name);

// Which part of the history a score speaks of. Values are frozen.
enum class Window : std::uint8_t { in_sample = 1, out_of_sample = 2 };
std::string_view window_name(Window window);  // "in_sample" | "out_of_sample"

}  // namespace mendel::market
