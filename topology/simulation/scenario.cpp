#include "topology/simulation/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "shared/base/check.hpp"
#include "shared/strategy/experiment.hpp"
#include "topology/simulation/engine.hpp"

namespace mendel::simulation {
namespace {

constexpr std::uint16_t kScenarioStream = 2;
constexpr std::size_t kOtherShipments = 4;

struct Search {
  const char* name;
  const char* symbols;
  const char* out_of_sample;
  const char* search;
  int evaluations;  // about
  const char* results = "";
};

constexpr std::array<Search, 9> kSearches = {{
    {"hill", R"(["X"])", "out_of_sample = [2021-01-01, 2021-07-01]",
     R"(population = 12
generations = 5
seed = 1
objectives = ["sharpe_ratio max"])",
     50},
    {"islands", R"(["X"])", "out_of_sample = [2021-01-01, 2021-07-01]",
     R"(population = 10
generations = 6
islands = { count = 2, migration_every = 2 }
seed = 2
objectives = ["sharpe_ratio max"]
limits = ["trade_count >= 10"])",
     90},
    {"front", R"(["X"])", "",
     R"(population = 16
generations = 4
seed = 3
objectives = ["sharpe_ratio max", "max_drawdown min"])",
     55},
    {"archipelago", R"(["X", "Y"])", "out_of_sample = [2021-01-01, 2021-07-01]",
     R"(population = 8
generations = 8
islands = { count = 3, migration_every = 3 }
seed = 4
objectives = ["total_return max"])",
     140},
    {"crowd", R"(["X"])", "out_of_sample = [2021-01-01, 2021-07-01]",
     R"(population = 32
generations = 4
seed = 5
objectives = ["sharpe_ratio max", "max_drawdown min"]
limits = ["trade_count >= 5"])",
     110},
    // More than a generation's best, of which the database takes those and a sample.
    {"multitude", R"(["X"])", "out_of_sample = [2021-01-01, 2021-07-01]",
     R"(population = 90
generations = 3
seed = 8
objectives = ["sharpe_ratio max"])",
     240, R"(database = "kept")"},
    {"wide_front", R"(["X"])", "out_of_sample = [2021-01-01, 2021-07-01]",
     R"(population = 80
generations = 3
seed = 9
objectives = ["sharpe_ratio max", "max_drawdown min"])",
     220, R"(database = "kept")"},
    {"kernel_hill", R"(["X"])", "out_of_sample = [2021-01-01, 2021-07-01]",
     R"(population = 10
generations = 4
seed = 6
objectives = ["sharpe_ratio max"])",
     35},
    {"kernel_front", R"(["X", "Y"])", "",
     R"(population = 8
generations = 4
islands = { count = 2, migration_every = 2 }
seed = 7
objectives = ["sharpe_ratio max", "max_drawdown min"])",
     55},
}};

// The first searches are cheap; one seed in sixteen uses the real kernel.
constexpr std::size_t kSynthetic = 7;

double pick(Draws& draws, std::initializer_list<double> values) {
  return *(values.begin() + draws.below(values.size()));
}

Weather weather_of(Draws& draws) {
  Weather weather;
  weather.lose = pick(draws, {0, 0, 0.005, 0.03, 0.1});
  weather.duplicate = pick(draws, {0, 0, 0.01, 0.05});
  weather.reorder = pick(draws, {0, 0, 0.01, 0.1});
  weather.delay = pick(draws, {0, 0, 0.005, 0.02});
  weather.late_subscription = pick(draws, {0, 0.1, 0.3});
  return weather;
}

}  // namespace

std::size_t experiment_count() { return kSearches.size(); }

std::string experiment_text(std::size_t index) {
  const Search& search = kSearches.at(index);
  return fmt::format(R"toml(
name = "{}"
[data]
source = "simulated"
symbols = {}
timeframe = "1d"
in_sample = [2020-01-01, 2021-01-01]
{}
periods_per_year = 365
[strategy]
direction = "long"
let.quick = "sma(close, fast)"
let.calm = "sma(close, slow)"
entry_long = "crossover(quick, calm) and rsi(close, 14) < ceiling"
exit_long = "crossunder(quick, calm)"
constraints = ["fast < slow"]
[genes]
fast = {{ int = [2, 20] }}
slow = {{ int = [5, 50] }}
ceiling = {{ real = [50, 95] }}
[search]
{}
[results]
{}
)toml",
                     search.name, search.symbols, search.out_of_sample, search.search,
                     search.results);
}

std::vector<ingestor::Shipment> shipments_of(std::size_t index) {
  const auto experiment = strategy::read_experiment(experiment_text(index), "experiment");
  check(static_cast<bool>(experiment), "the simulator's experiments are right");
  const std::string& source = experiment->data.source;
  std::vector<ingestor::Shipment> all;
  const auto ship = [&](const market::Series& series, std::size_t from, std::size_t to,
                        std::int64_t revision) {
    all.push_back({source, series.symbol, "1d", revision, {}});
    for (std::size_t i = from; i < to; ++i) all.back().bars.push_back(series.bar(i));
  };
  std::uint16_t number = 0;
  for (const auto& symbol : experiment->data.symbols) {
    const market::Series series = random_walk(symbol, number++, *experiment);
    const std::size_t bars = series.time_ns.size();
    ship(series, bars / 3, bars, 0);
    ship(series, 0, bars / 2, 0);
  }
  const market::Series first = random_walk("Z", number++, *experiment);
  market::Series other = random_walk("Z", number++, *experiment);
  ship(first, 50, 250, 0);
  ship(other, 100, 300, 1);  // replaces
  ship(other, 0, 200, 0);    // new, and conflicts
  ship(first, 50, 250, 0);   // once more
  return all;
}

std::size_t own_shipments(std::size_t experiment) {
  return shipments_of(experiment).size() - kOtherShipments;
}

Scenario undisturbed(std::size_t experiment) {
  Scenario scenario;
  scenario.experiment = experiment;
  scenario.run = fmt::format("01JR{:022}", experiment);
  scenario.lease_ns = kLeaseNsMax;
  return scenario;
}

Scenario scenario_of(std::uint64_t seed) {
  Draws draws(seed, kScenarioStream, 0, 0, Purpose::sample);
  Scenario scenario;
  scenario.seed = seed;
  scenario.run = fmt::format("01JS{:022}", seed);
  scenario.experiment = draws.below(16) == 0
                            ? kSynthetic + draws.below(kSearches.size() - kSynthetic)
                            : draws.below(kSynthetic);
  scenario.evaluators = static_cast<int>(pick(draws, {1, 1, 2, 2, 2, 3, 4, 4, 4, 8, 8, 64}));
  scenario.threads = draws.below(4) == 0 ? 3 : 1;
  scenario.lease_ns = draws.below(2) == 0 ? kLeaseNsMax : 3 * kNsPerSecond;
  const double work_ms = pick(draws, {300, 1000, 3000, 8000});
  const auto hands =
      static_cast<double>(scenario.evaluators) * static_cast<double>(scenario.threads);
  // A slow evaluator's candidate must fit into a lease: nothing tells a long one from a stall.
  const double lease_ms = static_cast<double>(scenario.lease_ns) / static_cast<double>(kNsPerMs);
  scenario.candidate_ms =
      std::min(work_ms * hands / kSearches.at(scenario.experiment).evaluations, lease_ms / 50);
  scenario.weather = weather_of(draws);
  scenario.late_files = draws.below(4) == 0;
  scenario.ingest_first = draws.below(2) == 0;
  for (std::size_t i = index_of(Fault::evaluator_killed); i < kFaultCount; ++i)
    if (draws.below(4) == 0) scenario.faults.push_back(static_cast<Fault>(i));
  // Some faults matter with others: a second owner when the first is stopped for long, and wakes
  // up; a disk that takes nothing, or takes it slowly, when the process dies meanwhile.
  const auto with = [&](Fault one, Fault other) {
    const auto& faults = scenario.faults;
    if (std::find(faults.begin(), faults.end(), one) != faults.end())
      scenario.faults.push_back(other);
  };
  with(Fault::disk_full, Fault::writer_killed);
  with(Fault::disk_full, Fault::loader_killed);
  with(Fault::inodes_used_up, Fault::dispatcher_killed);
  with(Fault::writer_torn, Fault::slow_disk);
  with(Fault::loader_torn, Fault::slow_disk);
  with(Fault::second_dispatcher, Fault::dispatcher_paused);
  with(Fault::second_writer, Fault::writer_paused);
  with(Fault::second_loader, Fault::loader_paused);
  const double expected_ms =
      scenario.candidate_ms * kSearches.at(scenario.experiment).evaluations / hands + 500;
  scenario.fault_every_ns = static_cast<std::int64_t>(expected_ms / pick(draws, {2, 5, 12}) *
                                                      static_cast<double>(kNsPerMs));
  scenario.heals_at_ns = static_cast<std::int64_t>(3 * expected_ms + 4000) * kNsPerMs;
  scenario.reserve_files = static_cast<int>(pick(draws, {0, 1, 3}));
  return scenario;
}

}  // namespace mendel::simulation
