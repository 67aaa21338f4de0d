#include "topology/mendel/bench_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "shared/base/check.hpp"
#include "topology/mendel/progress_view.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

using config::Value;

double ns_per_strategy(const BenchWay& way) {
  return median(way.repetitions_ns) / static_cast<double>(std::max<std::size_t>(way.strategies, 1));
}

struct Speed {
  double per_second, us_per_strategy, ns_per_bar, ratio;
};

Speed speed_of(const BenchReport& report, const BenchWay& way) {
  const double ns = std::max(ns_per_strategy(way), 1e-3);
  const double bars = static_cast<double>(std::max<std::int64_t>(report.bars, 1));
  return {1e9 / ns, ns / 1e3, ns / bars, ns_per_strategy(report.ways.front()) / ns};
}

std::string agreement_text(const BenchReport& report) {
  if (report.differing == 0) {
    return fmt::format("kernel and plain loop agree on the trades of {} strategies\n",
                       report.compared);
  }
  return fmt::format(
      "kernel and plain loop DIFFER in the trades of {} of {} strategies: please report it\n",
      report.differing, report.compared);
}

}  // namespace

double median(std::vector<std::int64_t> values) {
  check(!values.empty(), "a median needs a value");
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const auto upper = static_cast<double>(values[half]);
  return values.size() % 2 == 1 ? upper : (static_cast<double>(values[half - 1]) + upper) / 2;
}

Value bench_value(const BenchReport& report) {
  Value document = Value::table();
  document.set("experiment", report.experiment);
  document.set("window", report.window);
  document.set("bars", report.bars);
  document.set("symbols", static_cast<std::int64_t>(report.symbols));
  document.set("population", static_cast<std::int64_t>(report.population));
  document.set("threads", static_cast<std::int64_t>(report.threads));
  document.set("lanes", report.lanes);
  document.set("trades_per_strategy", report.trades_per_strategy);
  document.set("peak_memory_bytes", report.peak_memory_bytes);
  document.set("compared", static_cast<std::int64_t>(report.compared));
  document.set("differing", static_cast<std::int64_t>(report.differing));
  Value ways = Value::table();
  for (const BenchWay& way : report.ways) {
    const Speed speed = speed_of(report, way);
    Value one = Value::table();
    one.set("strategies_per_second", speed.per_second);
    one.set("us_per_strategy", speed.us_per_strategy);
    one.set("ns_per_bar_and_strategy", speed.ns_per_bar);
    one.set("ratio_to_plain_loop", speed.ratio);
    one.set("strategies", static_cast<std::int64_t>(way.strategies));
    one.set("repetitions", static_cast<std::int64_t>(way.repetitions_ns.size()));
    ways.set(way.name, std::move(one));
  }
  document.set("ways", std::move(ways));
  Value notes = Value::array();
  for (const std::string& note : report.notes) notes.push(note);
  document.set("notes", std::move(notes));
  return document;
}

std::string bench_text(const BenchReport& report) {
  std::vector<std::vector<std::string>> lines = {
      {"", "strategies/s", "µs/strategy", "ns/bar and strategy", "x plain loop"}};
  for (const BenchWay& way : report.ways) {
    const Speed speed = speed_of(report, way);
    lines.push_back({way.title, with_commas(static_cast<std::uint64_t>(speed.per_second)),
                     fmt::format("{:.2f}", speed.us_per_strategy),
                     fmt::format("{:.3f}", speed.ns_per_bar), fmt::format("{:.1f}", speed.ratio)});
  }
  std::string text = fmt::format(
      "{}: {} strategies, {} of {} bars ({} symbol{}), {:.1f} trades a strategy, lanes {}, "
      "peak memory {:.0f} MiB\n\n{}\n{}",
      report.experiment, with_commas(report.population), report.window,
      with_commas(static_cast<std::uint64_t>(report.bars)), report.symbols,
      report.symbols == 1 ? "" : "s", report.trades_per_strategy, report.lanes,
      static_cast<double>(report.peak_memory_bytes) / (1 << 20), aligned(lines),
      agreement_text(report));
  for (const std::string& note : report.notes) text += fmt::format("note: {}\n", note);
  return text;
}

}  // namespace mendel::cli
