// The kernel against plain scalar C++, in one interleaved run; ends with the table of ratios.
//   kernel_bench [--benchmark_filter=…]
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <barrier>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "shared/backtest/engine.hpp"
#include "shared/base/check.hpp"
#include "shared/base/rng.hpp"
#include "shared/base/time.hpp"
#include "shared/kernel/kernel.hpp"
#include "shared/kernel/lanes.hpp"
#include "shared/strategy/functions.hpp"
#include "tests/bench/plain_scalar.hpp"

namespace mendel::bench {
namespace {

using backtest::Engine;
using kernel::Kernel;
using strategy::Genome;

// Bars before the window: the look-back of averages of 200 bars, ten times that of exponential
// ones.
constexpr std::size_t kWarmUp = 200;
constexpr std::size_t kLongWarmUp = 2000;
constexpr double kFee = 1e-3;

// A random walk in cents; `bar_ns` long bars, without a hole.
market::Series walk(std::size_t bars, std::size_t warm_up, std::int64_t bar_ns, double step) {
  Draws draws(7, 0, 0, 0, Purpose::sample);
  market::Series series;
  series.symbol = "X";
  double price = 10000;
  std::int64_t time =
      days_from_date({2020, 1, 1}) * kNsPerDay - bar_ns * static_cast<std::int64_t>(warm_up);
  const auto cents = [](double value) { return std::round(value * 100) / 100; };
  for (std::size_t i = 0; i < bars + warm_up; ++i, time += bar_ns) {
    const double open = price;
    price = std::max(10.0, cents(price * (1 + step * draws.normal())));
    const double high = cents(std::max(open, price) * (1 + step * draws.unit()));
    const double low = cents(std::min(open, price) * (1 - step * draws.unit()));
    series.push(
        {time, open, std::max({high, open, price}), std::min({low, open, price}), price, 1});
  }
  market::find_ticks(series);
  return series;
}

struct Market {
  std::size_t warm_up;
  market::Series series;
  PlainBars plain;
  std::vector<std::uint8_t> day_ends;

  Market(std::size_t bars, std::size_t bars_before, std::int64_t bar_ns, double step)
      : warm_up(bars_before), series(walk(bars, bars_before, bar_ns, step)) {
    for (std::size_t i = 0; i < series.time_ns.size(); ++i) {
      const bool last = i + 1 == series.time_ns.size();
      day_ends.push_back(last || day_of(series.time_ns[i]) != day_of(series.time_ns[i + 1]));
    }
    const auto window = [&](const auto& column) { return std::span(column).subspan(warm_up); };
    plain = {window(series.open), window(series.high), window(series.low), window(series.close),
             window(day_ends)};
  }
};

bool names(const std::string& name, std::string_view part) {
  return name.find(part) != std::string::npos;
}

const Market& market_of(const std::string& scenario) {
  static const Market kHours(8'760, kWarmUp, kNsPerDay / 24, 0.005);
  static const Market kMoreHours(8'760, kLongWarmUp, kNsPerDay / 24, 0.005);
  static const Market kMinutes(525'600, kWarmUp, kNsPerDay / 1440, 0.0008);
  if (names(scenario, "525600")) return kMinutes;
  return names(scenario, "four") ? kMoreHours : kHours;
}

// With few levels a gene, most predicates of a population are the predicates of others.
std::string experiment(const Market& market, std::string_view strategy, std::string_view risk,
                       bool few_levels) {
  const bool hourly = market.plain.close.size() < 10'000;
  return fmt::format(
      R"toml(
[data]
source = "bench"
symbols = ["X"]
timeframe = "{}"
in_sample = [2020-01-01, 2021-06-01]
periods_per_year = 365
min_coverage = 0.1
[strategy]
direction = "{}"
{}
[genes]
fast = {{ int = [5, 50], step = {} }}
slow = {{ int = [20, 200], step = {} }}
{}
[risk]
{}
[costs]
fee_bps = 10
[search]
population = 1000
generations = 1
objectives = ["sharpe_ratio max"]
)toml",
      hourly ? "1h" : "1m", strategy.find("short") == std::string_view::npos ? "long" : "both",
      strategy, few_levels ? 5 : 1, few_levels ? 20 : 1,
      strategy.find("strength") == std::string_view::npos ? ""
      : few_levels
          ? "strength = { int = [5, 20], step = 5 }\nceiling = { int = [60, 90], step = 10 }"
          : "strength = { int = [5, 20] }\nceiling = { int = [60, 90], step = 5 }",
      risk);
}

// One scenario: its engine, its kernel and a population.
struct Scenario {
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Kernel> fast;
  std::vector<Genome> genomes;

  Scenario(const Market& market, std::string_view strategy, std::string_view risk, bool few_levels,
           std::size_t population) {
    auto read =
        strategy::read_experiment(experiment(market, strategy, risk, few_levels), "bench.toml");
    check(static_cast<bool>(read), read ? "" : read.error().message.c_str());
    auto prepared = Engine::prepare(std::move(*read), {market.series.view()});
    check(static_cast<bool>(prepared), prepared ? "" : prepared.error().message.c_str());
    engine = std::make_unique<Engine>(std::move(*prepared));
    fast = std::make_unique<Kernel>(*engine);
    Draws draws(11, 0, 0, 0, Purpose::initial_genome);
    while (genomes.size() < population) {
      Genome genome;
      for (const strategy::Gene& gene : engine->experiment().genes) {
        genome.push_back(gene.least + gene.step * static_cast<double>(draws.below(gene.levels())));
      }
      genomes.push_back(std::move(genome));
    }
  }

  double value(const Genome& genome, std::string_view gene) const {
    const auto& genes = engine->experiment().genes;
    const auto found = std::find_if(genes.begin(), genes.end(),
                                    [&](const auto& each) { return each.name == gene; });
    check(found != genes.end(), "the experiment has the gene");
    return genome[static_cast<std::size_t>(found - genes.begin())];
  }

  // What earlier populations left is forgotten; the memory stays, as an evaluator keeps it.
  void run_cold(Kernel::Workspace& workspace) const {
    fast->forget(workspace);
    benchmark::DoNotOptimize(fast->evaluate(genomes, 2, workspace));
  }
};

constexpr std::string_view kAverages =
    "entry_long = \"sma(close, fast) > sma(close, slow)\"\n"
    "exit_long = \"sma(close, fast) <= sma(close, slow)\"";
constexpr std::string_view kBothSides =
    "entry_long = \"sma(close, fast) > sma(close, slow)\"\n"
    "entry_short = \"sma(close, fast) < sma(close, slow)\"";
constexpr std::string_view kFour =
    "entry_long = \"sma(close, fast) > sma(close, slow) and rsi(close, strength) < ceiling and "
    "close > ema(close, slow) and close > sma(close, fast)\"\n"
    "exit_long = \"sma(close, fast) <= sma(close, slow)\"";
constexpr std::string_view kFourInAndOut =
    "entry_long = \"sma(close, fast) > sma(close, slow) and rsi(close, strength) < ceiling and "
    "close > ema(close, slow) and close > sma(close, fast)\"\n"
    "exit_long = \"not (sma(close, fast) > sma(close, slow) and rsi(close, strength) < ceiling and "
    "close > ema(close, slow) and close > sma(close, fast))\"";

const Scenario& scenario(const std::string& name) {
  static std::map<std::string, std::unique_ptr<Scenario>> made;
  std::unique_ptr<Scenario>& one = made[name];
  if (one) return *one;
  const Market& market = market_of(name);
  std::string_view risk;
  if (names(name, "stops")) risk = "stop_loss = 0.02\ntake_profit = 0.05\n";
  if (names(name, "half")) risk = "size = { percent_of_equity = 50 }\n";
  if (names(name, "trailing")) risk = "trailing_stop = 0.03\n";
  const std::string_view strategy = names(name, "in and out") ? kFourInAndOut
                                    : names(name, "four")     ? kFour
                                    : names(name, "both")     ? kBothSides
                                                              : kAverages;
  one = std::make_unique<Scenario>(market, strategy, risk, names(name, "shared"), 1000);
  return *one;
}

void run_kernel(benchmark::State& state, const std::string& name) {
  const Scenario& one = scenario(name);
  const auto workspace = one.fast->make_workspace();
  one.run_cold(*workspace);
  for (auto _ : state) one.run_cold(*workspace);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(one.genomes.size()));
}

void run_warm(benchmark::State& state, const std::string& name) {
  const Scenario& one = scenario(name);
  const auto workspace = one.fast->make_workspace();
  for (auto _ : state) benchmark::DoNotOptimize(one.fast->evaluate(one.genomes, 2, *workspace));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(one.genomes.size()));
}

// A population each, on threads that live on, as an evaluator's do.
void run_threads(benchmark::State& state, const std::string& name) {
  const Scenario& one = scenario(name);
  const auto first = one.fast->make_workspace();
  const auto second = one.fast->make_workspace();
  std::barrier start(2);
  std::barrier end(2);
  bool over = false;
  std::thread other([&] {
    for (start.arrive_and_wait(); !over; start.arrive_and_wait()) {
      one.run_cold(*second);
      end.arrive_and_wait();
    }
  });
  for (auto _ : state) {
    start.arrive_and_wait();
    one.run_cold(*first);
    end.arrive_and_wait();
  }
  over = true;
  start.arrive_and_wait();
  other.join();
  state.SetItemsProcessed(state.iterations() * 2 * static_cast<std::int64_t>(one.genomes.size()));
}

// The oracle: the plain per-bar loop through the language.
void run_oracle(benchmark::State& state, const std::string& name) {
  const Scenario& one = scenario(name);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(one.engine->evaluate(one.genomes[next++ % 1000], 2, false));
  }
  state.SetItemsProcessed(state.iterations());
}

std::vector<double> column(const Market& market, const char* function, std::int64_t period) {
  const strategy::Numbers x{market.series.close, false, market.series.price_scale};
  const strategy::Numbers series[] = {x};
  std::vector<double> out(market.series.close.size(), std::nan(""));
  strategy::Call call;
  call.series = series;
  call.periods[0] = period;
  strategy::find_function(function)->numbers(call, out);
  return out;
}

// Of every value of the population's genes, as far as they are needed: by gene value.
struct PlainColumns {
  std::map<double, std::vector<double>> averages, strengths, bases;
};

const PlainColumns& plain_columns(const Market& market, const Scenario& one, bool four) {
  static std::map<const Scenario*, PlainColumns> made;
  PlainColumns& columns = made[&one];
  if (!columns.averages.empty()) return columns;
  const auto add = [&](auto& to, const char* function, double period) {
    std::vector<double>& values = to[period];
    if (values.empty()) values = column(market, function, static_cast<std::int64_t>(period));
  };
  for (const Genome& genome : one.genomes) {
    add(columns.averages, "sma", one.value(genome, "fast"));
    add(columns.averages, "sma", one.value(genome, "slow"));
    if (!four) continue;
    add(columns.strengths, "rsi", one.value(genome, "strength"));
    add(columns.bases, "ema", one.value(genome, "slow"));
  }
  return columns;
}

// What the yardstick reads of a genome.
struct PlainInputs {
  std::span<const double> fast, slow, strength, base;
  double ceiling = 0;
};

std::vector<PlainInputs> plain_inputs(const Market& market, const PlainColumns& columns,
                                      const Scenario& one, bool four) {
  const auto window = [&](const std::vector<double>& values) {
    return std::span(values).subspan(market.warm_up);
  };
  std::vector<PlainInputs> inputs;
  for (const Genome& genome : one.genomes) {
    PlainInputs& of = inputs.emplace_back();
    of.fast = window(columns.averages.at(one.value(genome, "fast")));
    of.slow = window(columns.averages.at(one.value(genome, "slow")));
    if (!four) continue;
    of.strength = window(columns.strengths.at(one.value(genome, "strength")));
    of.base = window(columns.bases.at(one.value(genome, "slow")));
    of.ceiling = one.value(genome, "ceiling");
  }
  return inputs;
}

PlainResult trade_plainly(const Market& market, const PlainInputs& of, const std::string& name) {
  if (names(name, "four")) {
    return plain_four(market.plain, of.fast, of.slow, of.strength, of.ceiling, of.base, of.fast,
                      !names(name, "in and out"), kFee, 365);
  }
  if (names(name, "stops")) {
    return plain_levels(market.plain, of.fast, of.slow, kFee, 0.02, 0.05, 365);
  }
  if (names(name, "half")) return plain_share(market.plain, of.fast, of.slow, kFee, 0.5, 365);
  if (names(name, "trailing")) {
    return plain_trailing(market.plain, of.fast, of.slow, kFee, 0.03, 365);
  }
  if (names(name, "both")) return plain_sides(market.plain, of.fast, of.slow, kFee, 365);
  return plain_averages(market.plain, of.fast, of.slow, kFee, 365);
}

// Kernel and yardstick trade the same. Returns the trades of a strategy.
double check_same(const Market& market, const std::vector<PlainInputs>& inputs, const Scenario& one,
                  const std::string& name) {
  const auto workspace = one.fast->make_workspace();
  const auto outcomes = one.fast->evaluate(one.genomes, 2, *workspace);
  double trades = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const market::Metrics& metrics = outcomes[i].windows.front().rows.front().metrics;
    const double count = metrics.get(market::Metric::trade_count).value_or(0);
    trades += count / static_cast<double>(outcomes.size());
    const PlainResult plain = trade_plainly(market, inputs[i], name);
    const double total_return = metrics.get(market::Metric::total_return).value_or(0);
    check(static_cast<double>(plain.trades) == count, "kernel and yardstick trade as often");
    check(std::abs(plain.total_return - total_return) < 1e-9, "and gain as much");
  }
  return trades;
}

// The population of the kernel's, one strategy at a time.
void run_plain(benchmark::State& state, const std::string& name) {
  const Market& market = market_of(name);
  const Scenario& one = scenario(name);
  const bool four = names(name, "four");
  const std::vector<PlainInputs> inputs =
      plain_inputs(market, plain_columns(market, one, four), one, four);
  static std::map<std::string, double> trades;
  if (!trades.contains(name)) trades[name] = check_same(market, inputs, one, name);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(trade_plainly(market, inputs[next++ % inputs.size()], name));
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["trades"] = trades[name];
  state.counters["ns/bar"] = benchmark::Counter(
      static_cast<double>(market.plain.close.size()),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// Remembers the median speed of every benchmark, strategies a second.
class Table : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.run_type == Run::RT_Aggregate && run.aggregate_name != "median") continue;
      const auto speed = run.counters.find("items_per_second");
      if (speed != run.counters.end()) speeds_[run.run_name.function_name] = speed->second;
    }
  }

  void print() const {
    fmt::print("\n{:<22} {:>14} {:>14} {:>8}\n", "strategies a second", "plain C++", "kernel",
               "ratio");
    for (const auto& [name, speed] : speeds_) {
      if (name.rfind("kernel/", 0) != 0) continue;
      const std::string scenario = name.substr(7);
      const auto plain = speeds_.find("plain/" + scenario);
      if (plain == speeds_.end()) continue;
      fmt::print("{:<22} {:>14.0f} {:>14.0f} {:>8.2f}\n", scenario, plain->second, speed,
                 speed / plain->second);
    }
    const auto one = speeds_.find("kernel/W 8760");
    const auto two = speeds_.find("two threads/W 8760");
    if (one != speeds_.end() && two != speeds_.end()) {
      fmt::print("{:<22} {:>14} {:>14.0f} {:>8.2f} of one thread's\n", "W 8760, two threads", "",
                 two->second, two->second / one->second);
    }
    for (const auto& [name, speed] : speeds_) {
      const bool other = name.rfind("warm/", 0) == 0 || name.rfind("oracle/", 0) == 0;
      if (other) fmt::print("{:<37} {:>14.0f}\n", name, speed);
    }
  }

 private:
  std::map<std::string, double> speeds_;
};

void add(const std::string& name) {
  for (const auto& [way, run] :
       {std::pair{"plain/", &run_plain}, std::pair{"kernel/", &run_kernel}}) {
    benchmark::RegisterBenchmark((way + name).c_str(), [run = run, name](benchmark::State& state) {
      run(state, name);
    })->Unit(benchmark::kMicrosecond);
  }
}

void add(const std::string& way, const std::string& name,
         void (*run)(benchmark::State&, const std::string&)) {
  benchmark::RegisterBenchmark((way + name).c_str(), [run, name](benchmark::State& state) {
    run(state, name);
  })->Unit(benchmark::kMicrosecond);
}

}  // namespace
}  // namespace mendel::bench

int main(int argc, char** argv) {
  using namespace mendel::bench;
  std::vector<char*> words(argv, argv + argc);
  std::string defaults[] = {"--benchmark_repetitions=5",
                            "--benchmark_enable_random_interleaving=true",
                            "--benchmark_report_aggregates_only=true", "--benchmark_min_time=0.2"};
  words.insert(words.begin() + 1,
               {defaults[0].data(), defaults[1].data(), defaults[2].data(), defaults[3].data()});
  int count = static_cast<int>(words.size());
  benchmark::Initialize(&count, words.data());
  for (const char* name :
       {"W 8760", "W 8760 stops", "W 8760 half", "W 8760 trailing", "W 8760 both", "four 8760",
        "four shared 8760", "four in and out 8760", "W 525600"})
    add(name);
  benchmark::RegisterBenchmark("two threads/W 8760",
                               [](benchmark::State& state) { run_threads(state, "W 8760"); })
      ->Unit(benchmark::kMicrosecond)
      ->UseRealTime();
  add("warm/", "W 8760", run_warm);
  add("warm/", "four shared 8760", run_warm);
  add("oracle/", "W 8760", run_oracle);
  Table table;
  benchmark::RunSpecifiedBenchmarks(&table);
  fmt::print("\nlanes: {}\n", mendel::kernel::lanes().name);
  table.print();
  benchmark::Shutdown();
}
