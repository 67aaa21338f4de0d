#include "shared/backtest/windows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "shared/base/time.hpp"

namespace mendel::backtest {
namespace {

using market::SeriesView;
using market::Window;
using strategy::Experiment;
using strategy::TimeRange;

constexpr double kDaysPerCalendarYear = 365.25;

std::size_t first_at_or_after(const SeriesView& series, std::int64_t time_ns) {
  const auto found = std::lower_bound(series.time_ns.begin(), series.time_ns.end(), time_ns);
  return static_cast<std::size_t>(found - series.time_ns.begin());
}

std::string available(const SeriesView& series) {
  if (series.size() == 0) return "there are none";
  return fmt::format("there are {} from {} to {}", series.size(),
                     format_time(series.time_ns.front()), format_time(series.time_ns.back()));
}

struct Planner {
  const Experiment& experiment;
  const std::vector<SeriesView>& series;
  std::vector<std::string>& notes;

  Result<Span> span(const SeriesView& symbol, Window window) const;
  Status check_coverage(const WindowPlan& plan) const;
  void note_empty_ends(const SeriesView& symbol, const Span& span, Window window) const;
};

Result<Span> Planner::span(const SeriesView& symbol, Window window) const {
  const TimeRange& range = experiment.range(window);
  Span span;
  span.begin = first_at_or_after(symbol, range.from_ns);
  span.end = first_at_or_after(symbol, range.to_ns);
  if (span.begin == span.end) {
    return configuration_error(
        fmt::format("{}: no bars in {} [{}, {}): {}; ingest more or move the window", symbol.symbol,
                    window_name(window), format_date(range.from_ns), format_date(range.to_ns),
                    available(symbol)));
  }
  const auto look_back = static_cast<std::size_t>(std::max<std::int64_t>(0, experiment.look_back));
  const std::size_t missing = look_back > span.begin ? look_back - span.begin : 0;
  span.first_tradable = span.begin + missing;
  if (span.first_tradable >= span.end) {
    return configuration_error(fmt::format(
        "{}: the strategy's warm-up of {} bars leaves nothing of {} to trade: {}; ingest more "
        "history, start the window later, or use shorter look-backs",
        symbol.symbol, look_back, window_name(window), available(symbol)));
  }
  if (missing > 0) {
    notes.push_back(fmt::format("{}: {} of {} warm-up bars precede {}; it is tradable from {}",
                                symbol.symbol, span.begin, look_back, window_name(window),
                                format_time(symbol.time_ns[span.first_tradable])));
  }
  return span;
}

// Coverage: the share of the window's union of bar times at which the symbol has a bar.
Status Planner::check_coverage(const WindowPlan& plan) const {
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < series.size(); ++i) {
    const Span& span = plan.spans[i];
    const auto bars = series[i].time_ns.subspan(span.begin, span.end - span.begin);
    times.insert(times.end(), bars.begin(), bars.end());
  }
  std::stable_sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::size_t bars = plan.spans[i].end - plan.spans[i].begin;
    if (bars == times.size()) continue;
    const double coverage = static_cast<double>(bars) / static_cast<double>(times.size());
    const std::string text =
        fmt::format("{}: has {} of the {} bar times of {} ({:.1f} %)", series[i].symbol, bars,
                    times.size(), window_name(plan.window), coverage * 100);
    if (coverage < experiment.data.min_coverage) {
      return configuration_error(fmt::format(
          "{}, below min_coverage = {}; leave the symbol out, move the window, or lower [data] "
          "min_coverage",
          text, experiment.data.min_coverage));
    }
    notes.push_back(text);
  }
  return {};
}

// One symbol covers its own union by definition; say so when much of the window has no bars.
void Planner::note_empty_ends(const SeriesView& symbol, const Span& span, Window window) const {
  const TimeRange& range = experiment.range(window);
  const std::int64_t first = symbol.time_ns[span.begin];
  const std::int64_t last = symbol.time_ns[span.end - 1];
  const auto empty = static_cast<double>((first - range.from_ns) + (range.to_ns - last));
  const auto length = static_cast<double>(range.to_ns - range.from_ns);
  if (empty <= (1 - experiment.data.min_coverage) * length) return;
  const std::int64_t bar = experiment.data.timeframe.length_ns;
  if (first - range.from_ns <= 7 * kNsPerDay + bar && range.to_ns - last <= 7 * kNsPerDay + bar) {
    return;  // a week-end or a holiday at either end of a short window
  }
  notes.push_back(fmt::format("{}: bars span {} to {} of {} [{}, {})", symbol.symbol,
                              format_time(first), format_time(last), window_name(window),
                              format_date(range.from_ns), format_date(range.to_ns)));
}

}  // namespace

Result<std::vector<WindowPlan>> plan_windows(const Experiment& experiment,
                                             const std::vector<SeriesView>& series,
                                             std::vector<std::string>& notes) {
  const Planner planner{experiment, series, notes};
  std::vector<WindowPlan> plans;
  for (Window window : {Window::in_sample, Window::out_of_sample}) {
    if ((experiment.windows() >> static_cast<int>(window) & 1) == 0) continue;
    WindowPlan plan;
    plan.window = window;
    for (const SeriesView& symbol : series) {
      Result<Span> span = planner.span(symbol, window);
      if (!span) return span.error();
      planner.note_empty_ends(symbol, *span, window);
      plan.spans.push_back(*span);
    }
    if (Status covered = planner.check_coverage(plan); !covered) return covered.error();
    plans.push_back(std::move(plan));
  }
  return plans;
}

Result<double> periods_per_year_of(const Experiment& experiment,
                                   const std::vector<SeriesView>& series) {
  if (experiment.data.periods_per_year) return *experiment.data.periods_per_year;
  std::vector<std::int64_t> days;
  for (const SeriesView& symbol : series) {
    for (std::int64_t time : symbol.time_ns) {
      if (days.empty() || days.back() != day_of(time)) days.push_back(day_of(time));
    }
  }
  std::stable_sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  if (days.empty()) return configuration_error("the dataset has no bars");
  const double years = static_cast<double>(days.back() - days.front() + 1) / kDaysPerCalendarYear;
  const double sessions = static_cast<double>(days.size()) / years;
  if (sessions >= 350) return 365.0;
  if (sessions >= 230 && sessions <= 280) return 252.0;
  return configuration_error(fmt::format(
      "[data] periods_per_year cannot be derived from {:.0f} days with bars a year; set it "
      "(365 for markets that never close, 252 for exchanges, 52 for weekly bars)",
      sessions));
}

}  // namespace mendel::backtest
