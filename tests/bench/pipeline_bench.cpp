// What the pipeline costs beside the kernel: real dispatcher, results_writer (its database away),
// score log, sockets and two evaluator processes of one thread, measured to `recorded`, against the
// bare kernel. Processor time is compared, so that neighbours on the machine count little; the time
// that passes is printed too. Run by hand:
//   pipeline_bench [bars] [population] [generations]
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "shared/backtest/engine.hpp"
#include "shared/base/check.hpp"
#include "shared/base/rng.hpp"
#include "shared/base/time.hpp"
#include "shared/genetics/population.hpp"
#include "shared/kernel/kernel.hpp"
#include "shared/store/dataset_file.hpp"
#include "tests/pipeline/posed_pipeline.hpp"

namespace mendel::bench {
namespace {

constexpr std::size_t kWarmUp = 500;
constexpr std::int64_t kNsPerHour = kNsPerDay / 24;
constexpr std::size_t kKernelBatch = 1000;
constexpr std::uint8_t kInSample = 1U << static_cast<unsigned>(market::Window::in_sample);

// A random walk in cents of hourly bars.
market::Series walk(std::size_t bars) {
  Draws draws(7, 0, 0, 0, Purpose::sample);
  market::Series series;
  series.symbol = "X";
  double price = 10000;
  std::int64_t time = days_from_date({2000, 1, 1}) * kNsPerDay - kNsPerHour * kWarmUp;
  const auto cents = [](double value) { return std::round(value * 100) / 100; };
  for (std::size_t i = 0; i < bars + kWarmUp; ++i, time += kNsPerHour) {
    const double open = price;
    price = std::max(10.0, cents(price * (1 + 0.005 * draws.normal())));
    const double high = cents(std::max(open, price) * (1 + 0.005 * draws.unit()));
    const double low = cents(std::min(open, price) * (1 - 0.005 * draws.unit()));
    series.push(
        {time, open, std::max({high, open, price}), std::min({low, open, price}), price, 1});
  }
  market::find_ticks(series);
  return series;
}

std::string experiment_text(std::size_t bars, std::int64_t population, std::int64_t generations) {
  const std::string end = format_time(days_from_date({2000, 1, 1}) * kNsPerDay +
                                      static_cast<std::int64_t>(bars) * kNsPerHour);
  return fmt::format(R"toml(
name = "bench"
[data]
source = "bench"
symbols = ["X"]
timeframe = "1h"
in_sample = [2000-01-01, {}]
periods_per_year = 365
min_coverage = 0.1
[strategy]
direction = "long"
entry_long = "sma(close, fast) > sma(close, slow) and rsi(close, strength) < ceiling"
exit_long = "sma(close, fast) < sma(close, slow)"
[genes]
fast = {{ int = [5, 50] }}
slow = {{ int = [20, 200] }}
strength = {{ int = [5, 20] }}
ceiling = {{ int = [50, 90] }}
[costs]
fee_bps = 10
[search]
population = {}
generations = {}
mutation_rate = 1
objectives = ["sharpe_ratio max"]
)toml",
                     end.substr(0, 10), population, generations);
}

double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double own_cpu_seconds() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

double cpu_seconds(pid_t pid) {
  clockid_t clock{};
  check(clock_getcpuclockid(pid, &clock) == 0, "a process of ours has a clock");
  return seconds_of(clock);
}

// Microseconds of one processor that a genome costs in the bare kernel: of the same genomes, as the
// same experiment breeds the same generations here, the first of them left out.
double kernel_us(const market::Series& series, const std::string& text) {
  auto experiment = strategy::read_experiment(text, "bench.toml");
  check(static_cast<bool>(experiment), experiment ? "" : experiment.error().message);
  const strategy::Experiment bred = *experiment;
  auto engine = backtest::Engine::prepare(std::move(*experiment), {series.view()});
  check(static_cast<bool>(engine), engine ? "" : engine.error().message);
  const kernel::Kernel kernel(*engine);
  const auto workspace = kernel.make_workspace();
  std::map<strategy::Genome, genetics::Scoring> known;
  auto population = genetics::initial_population(bred);
  double seconds = 0;
  std::size_t evaluations = 0;
  for (std::int64_t generation = 0; generation < bred.search.generations; ++generation) {
    check(static_cast<bool>(population), "a population");
    std::vector<strategy::Genome> genomes;
    for (const auto& member : population->islands.front().slots) {
      if (known.emplace(member.genome, genetics::Scoring{}).second)
        genomes.push_back(member.genome);
    }
    for (std::size_t at = 0; at < genomes.size(); at += kKernelBatch) {
      const auto batch =
          std::span(genomes).subspan(at, std::min(kKernelBatch, genomes.size() - at));
      const double begin = own_cpu_seconds();
      const auto outcomes = kernel.evaluate(batch, kInSample, *workspace);
      if (generation > 0) seconds += own_cpu_seconds() - begin;
      for (std::size_t i = 0; i < batch.size(); ++i) {
        check(outcomes[i].invalid.empty(), outcomes[i].invalid);
        known[batch[i]] =
            genetics::score(bred.search, outcomes[i].windows.front().rows.front().metrics, false);
      }
    }
    if (generation > 0) evaluations += genomes.size();
    for (auto& member : population->islands.front().slots) {
      member.scoring = known.at(member.genome);
    }
    population = genetics::next_population(bred, *population);
  }
  return seconds * 1e6 / static_cast<double>(evaluations);
}

struct Cost {
  double evaluations = 0;
  double seconds = 0;
  double evaluator = 0;  // processor seconds of both
  double dispatcher = 0;
  double writer = 0;
};

Cost pipeline_cost(const std::string& dataset, const std::string& text) {
  testing::PosedPipeline pipeline({{true}, {true}}, dataset);
  pipeline.submit(text);
  const auto now = [&](double evaluations) {
    return Cost{evaluations, static_cast<double>(read_clocks().monotonic_ns) / 1e9,
                cpu_seconds(pipeline.evaluator(0)) + cpu_seconds(pipeline.evaluator(1)),
                cpu_seconds(pipeline.ga_dispatcher()), cpu_seconds(pipeline.results_writer())};
  };
  Cost first;
  Cost last;
  std::int64_t closed = -1;
  while (const auto progress = pipeline.progress(120'000)) {
    check(progress->state != "failed", progress->detail);
    if (!progress->digest.is_zero() && progress->generation > closed) {
      closed = progress->generation;
      last = now(static_cast<double>(progress->evaluations));
      if (first.seconds == 0) first = last;  // the first generation has the preparations
    }
    if (progress->state != "waiting" && progress->state != "running") break;
  }
  return {last.evaluations - first.evaluations, last.seconds - first.seconds,
          last.evaluator - first.evaluator, last.dispatcher - first.dispatcher,
          last.writer - first.writer};
}

void compare(std::size_t bars, std::int64_t population, std::int64_t generations) {
  const market::Series series = walk(bars);
  const std::string text = experiment_text(bars, population, generations);
  const auto timeframe = market::parse_timeframe("1h");
  check(static_cast<bool>(timeframe), "a timeframe");
  const std::string dataset = store::encode_dataset({"bench", *timeframe, {series}});
  const Cost cost = pipeline_cost(dataset, text);
  const double kernel = kernel_us(series, text);
  const auto us = [&](double seconds) { return seconds * 1e6 / cost.evaluations; };
  const double all = us(cost.evaluator + cost.dispatcher + cost.writer);
  fmt::print("| {} | {} | {:.1f} | {:.1f} | {:.2f} | {:.2f} | {:.0f} % | {:.0f} |\n", bars,
             population, kernel, us(cost.evaluator), us(cost.dispatcher), us(cost.writer),
             100 * kernel / all, cost.evaluations / cost.seconds);
}

}  // namespace
}  // namespace mendel::bench

int main(int argc, char** argv) {
  const auto number = [&](int i, std::int64_t otherwise) {
    return argc > i ? std::atoll(argv[i]) : otherwise;
  };
  fmt::print(
      "| bars | population | kernel us | evaluators us | dispatcher us | writer us | kernel's "
      "share "
      "| genomes/s |\n|---|---|---|---|---|---|---|---|\n");
  mendel::bench::compare(static_cast<std::size_t>(number(1, 8760)), number(2, 20'000),
                         number(3, 6));
  return 0;
}
