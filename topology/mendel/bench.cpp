#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "shared/backtest/engine.hpp"
#include "shared/base/time.hpp"
#include "shared/genetics/population.hpp"
#include "shared/kernel/kernel.hpp"
#include "shared/kernel/lanes.hpp"
#include "topology/mendel/bar_options.hpp"
#include "topology/mendel/bench_report.hpp"
#include "topology/mendel/command.hpp"
#include "topology/mendel/cores.hpp"

namespace mendel::cli {
namespace {

using backtest::Outcome;
using kernel::Kernel;
using strategy::Genome;

constexpr std::int64_t kThreadsMax = 256;
// Strategies that the plain loop scores; fewer when more than the least take longer than this.
constexpr std::size_t kPlainMin = 8;
constexpr std::size_t kPlainMax = 64;
constexpr std::int64_t kPlainNs = kNsPerSecond / 2;
// Rounds of all ways: at least five for a median, more while they are short.
constexpr std::size_t kRoundsMin = 5;
constexpr std::size_t kRoundsMax = 101;
constexpr std::int64_t kEnoughNs = kNsPerSecond;
// A search scores its candidates in sample.
constexpr std::uint8_t kWindows = 1U << static_cast<unsigned>(market::Window::in_sample);

std::int64_t now_ns() { return read_clocks().monotonic_ns; }

// The first generation that the experiment's seed gives, at this size.
Result<std::vector<Genome>> random_genomes(strategy::Experiment experiment, std::int64_t count) {
  experiment.search.population = count;
  experiment.search.islands = 1;
  const auto population = genetics::initial_population(experiment);
  if (!population) return population.error();
  std::vector<Genome> genomes;
  for (const genetics::Member& member : population->islands.front().slots) {
    genomes.push_back(member.genome);
  }
  return genomes;
}

bool same_trades(const Outcome& a, const Outcome& b) {
  const auto same_window = [](const backtest::WindowOutcome& one,
                              const backtest::WindowOutcome& other) {
    return std::equal(one.rows.begin(), one.rows.end(), other.rows.begin(), other.rows.end(),
                      [](const backtest::SymbolMetrics& row, const backtest::SymbolMetrics& same) {
                        return row.symbol == same.symbol &&
                               row.metrics.get(market::Metric::trade_count) ==
                                   same.metrics.get(market::Metric::trade_count);
                      });
  };
  return a.invalid == b.invalid && std::equal(a.windows.begin(), a.windows.end(), b.windows.begin(),
                                              b.windows.end(), same_window);
}

// The ways, measured in turn, so that what slows the machine for a moment slows all of them.
class Contest {
 public:
  Contest(const backtest::Engine& engine, const std::vector<Genome>& genomes, std::size_t threads)
      : engine_(engine), kernel_(engine), genomes_(genomes) {
    for (std::size_t i = 0; i < threads; ++i) workspaces_.push_back(kernel_.make_workspace());
    const std::size_t plain = std::min(genomes.size(), kPlainMax);
    ways_ = {{"plain_loop", "plain loop", plain, {}},
             {"kernel", "kernel, from scratch", genomes.size(), {}},
             {"kernel_columns_kept", "kernel, columns kept", genomes.size(), {}},
             {"kernel_threads",
              fmt::format("kernel, {} thread{}", threads, threads == 1 ? "" : "s"),
              genomes.size(),
              {}}};
  }

  void run() {
    const std::int64_t began_ns = now_ns();
    measure(false);  // the first touch of all memory is not what a search pays for
    for (std::size_t i = 0; i < kRoundsMax; ++i) {
      if (i >= kRoundsMin && now_ns() - began_ns > kEnoughNs) break;
      measure(true);
    }
  }

  // What was found; the rest of the report is the caller's.
  void fill(BenchReport& report) const {
    report.ways = ways_;
    report.population = genomes_.size();
    report.threads = workspaces_.size();
    report.compared = plain_.size();
    for (std::size_t i = 0; i < plain_.size(); ++i) {
      report.differing += same_trades(plain_[i], fast_[i]) ? 0 : 1;
    }
    double trades = 0;
    for (const Outcome& outcome : fast_) {
      if (outcome.windows.empty()) continue;
      const auto& portfolio = outcome.windows.front().rows.front().metrics;
      trades += portfolio.get(market::Metric::trade_count).value_or(0);
    }
    report.trades_per_strategy = trades / static_cast<double>(genomes_.size());
  }

 private:
  void measure(bool keep) {
    const std::int64_t began_ns = now_ns();
    std::vector<Outcome> plain;
    while (plain.size() < ways_[0].strategies) {
      plain.push_back(engine_.evaluate(genomes_[plain.size()], kWindows, false));
      const bool slow = plain.size() >= kPlainMin && now_ns() - began_ns > kPlainNs;
      if (!keep && slow) ways_[0].strategies = plain.size();
    }
    std::int64_t ended_ns[5] = {began_ns, now_ns()};
    Kernel::forget(*workspaces_.front());
    std::vector<Outcome> fast = kernel_.evaluate(genomes_, kWindows, *workspaces_.front());
    ended_ns[2] = now_ns();
    const std::vector<Outcome> again = kernel_.evaluate(genomes_, kWindows, *workspaces_.front());
    ended_ns[3] = now_ns();
    score_on_threads();
    ended_ns[4] = now_ns();
    for (std::size_t i = 0; keep && i < ways_.size(); ++i) {
      ways_[i].repetitions_ns.push_back(ended_ns[i + 1] - ended_ns[i]);
    }
    plain_ = std::move(plain);
    fast_ = std::move(fast);
  }

  // From scratch too, each thread its own part of the population.
  void score_on_threads() const {
    std::vector<std::thread> threads;
    const std::size_t count = workspaces_.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t from = genomes_.size() * i / count;
      const std::size_t to = genomes_.size() * (i + 1) / count;
      threads.emplace_back([this, i, part = std::span(genomes_).subspan(from, to - from)] {
        Kernel::forget(*workspaces_[i]);
        kernel_.evaluate(part, kWindows, *workspaces_[i]);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  const backtest::Engine& engine_;
  Kernel kernel_;
  const std::vector<Genome>& genomes_;
  std::vector<std::shared_ptr<Kernel::Workspace>> workspaces_;  // one per thread
  std::vector<BenchWay> ways_;
  std::vector<Outcome> plain_;
  std::vector<Outcome> fast_;
};

// Of the window that is scored, all symbols together.
std::int64_t bars_of(const backtest::Engine& engine) {
  std::int64_t bars = 0;
  for (const backtest::WindowPlan& plan : engine.windows()) {
    if (plan.window != market::Window::in_sample) continue;
    for (const backtest::Span& span : plan.spans)
      bars += static_cast<std::int64_t>(span.end - span.begin);
  }
  return bars;
}

std::int64_t peak_memory_bytes() {
  rusage usage{};
  return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss * 1024 : 0;
}

// What is scored: the user's experiment and bars, or the demo's.
struct Input {
  strategy::Experiment experiment;
  BarFiles bars;
};

Result<Input> read_demo(const config::Arguments& arguments) {
  for (const config::OptionSpec& option : bar_options()) {
    if (!arguments.has(option.name)) continue;
    return configuration_error(
        fmt::format("mendel bench: --{} belongs to an experiment of your own; name its FILE too, "
                    "or leave both out for the demo's",
                    option.name));
  }
  const std::string folder = root_folder() + "/topology/demo/";
  auto experiment = read_tested_experiment(arguments, folder + "experiment.toml");
  if (!experiment) return experiment.error();
  const BarFile file = {folder + "sp500_1d.csv", experiment->data.symbols.front(), "volume"};
  auto bars = read_bar_files(*experiment, {file}, {});
  if (!bars) return bars.error();
  return Input{std::move(*experiment), std::move(*bars)};
}

Result<Input> read_input(const config::Arguments& arguments) {
  if (arguments.operands().empty()) return read_demo(arguments);
  auto experiment = read_tested_experiment(arguments, arguments.operands().front());
  if (!experiment) return experiment.error();
  auto bars = read_bars(arguments, "mendel bench", *experiment);
  if (!bars) return bars.error();
  return Input{std::move(*experiment), std::move(*bars)};
}

Result<int> run(const config::Arguments& arguments) {
  const auto population = arguments.integer("population", 1, strategy::kPopulationMax);
  if (!population) return population.error();
  std::int64_t threads = usable_cores();
  if (arguments.has("threads")) {
    const auto given = arguments.integer("threads", 1, kThreadsMax);
    if (!given) return given.error();
    threads = *given;
  }
  auto input = read_input(arguments);
  if (!input) return input.error();
  std::vector<market::SeriesView> series;
  for (const market::Series& one : input->bars.series) series.push_back(one.view());
  const auto engine = backtest::Engine::prepare(std::move(input->experiment), std::move(series));
  if (!engine) return engine.error();
  const auto genomes = random_genomes(engine->experiment(), *population);
  if (!genomes) return genomes.error();

  Contest contest(*engine, *genomes, static_cast<std::size_t>(std::min(threads, *population)));
  contest.run();
  BenchReport report;
  report.experiment = engine->experiment().name;
  report.window = market::window_name(market::Window::in_sample);
  report.lanes = kernel::lanes().name;
  report.bars = bars_of(*engine);
  report.symbols = engine->series().size();
  report.peak_memory_bytes = peak_memory_bytes();
  report.notes = input->bars.notes;
  report.notes.insert(report.notes.end(), engine->notes().begin(), engine->notes().end());
  contest.fill(report);
  if (arguments.flag("json")) {
    fmt::print("{}\n", config::to_json(bench_value(report), 2));
  } else {
    fmt::print("{}", bench_text(report));
  }
  return report.differing == 0 ? 0 : 1;
}

}  // namespace

Command bench_command() {
  Command command;
  command.spec.name = "mendel bench";
  command.spec.summary =
      "measure how fast this machine scores strategies, on the demo's bars or yours";
  command.spec.operands = {"[FILE]"};
  command.spec.options = {
      {"population", "n", "random strategies to score", "1000"},
      {"threads", "n", "threads of the last line [as many as this process has cores]"},
      {"json", "", "print one JSON document"}};
  for (const config::OptionSpec& option : bar_options()) command.spec.options.push_back(option);
  command.spec.examples = {"mendel bench",
                           "mendel bench trend.toml --csv btc.csv --symbol BTC-USD --timeframe 1h"};
  command.run = run;
  return command;
}

}  // namespace mendel::cli
