#include "shared/kernel/self_test.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shared/backtest/engine.hpp"
#include "shared/base/bytes.hpp"
#include "shared/base/check.hpp"
#include "shared/base/time.hpp"
#include "shared/kernel/kernel.hpp"

namespace mendel::kernel {
namespace {

using backtest::Engine;
using backtest::Outcome;
using backtest::SymbolMetrics;
using backtest::WindowOutcome;

constexpr std::size_t kBars = 900;

constexpr const char* kBothSides = R"toml(
[data]
source = "self-test"
symbols = ["A", "B"]
timeframe = "4h"
in_sample = [2023-01-20, 2023-04-01]
out_of_sample = [2023-04-01, 2023-05-20]
periods_per_year = 365

[strategy]
direction = "both"
let.f = "ema(close, fast)"
let.s = "sma(close, slow)"
entry_long = "crossover(f, s) and rsi(close, 14) < ceiling"
exit_long = "crossunder(f, s)"
entry_short = "crossunder(f, s) and close < close[3]"
exit_short = "crossover(f, s)"

[genes]
fast = { int = [2, 10] }
slow = { int = [5, 40] }
ceiling = { real = [50, 90] }
stop = { real = [0, 0.1] }

[risk]
stop_loss = "stop"
take_profit = 0.05

[costs]
fee_bps = 10
slippage_bps = 5
borrow_bps_per_day = 2
funding_bps_per_8h = 1

[search]
population = 4
generations = 1
objectives = ["sharpe_ratio max"]
)toml";

// What the kernel has its fastest way for.
constexpr const char* kLongOnly = R"toml(
[data]
source = "self-test"
symbols = ["A"]
timeframe = "4h"
in_sample = [2023-01-20, 2023-05-20]
periods_per_year = 365

[strategy]
direction = "long"
entry_long = "sma(close, fast) > sma(close, slow) and close > ema(close, slow)"
exit_long = "crossunder(close, ema(close, fast))"

[genes]
fast = { int = [2, 10] }
slow = { int = [5, 40] }
stop = { real = [0, 0.1] }

[risk]
stop_loss = "stop"
take_profit = 0.05
max_holding_bars = 30
cool_down_bars = 2

[costs]
fee_bps = 10
slippage_bps = 5

[search]
population = 4
generations = 1
objectives = ["sharpe_ratio max"]
)toml";

// Both sides at a share of the equity, by signals alone: the other fast way.
constexpr const char* kShares = R"toml(
[data]
source = "self-test"
symbols = ["A"]
timeframe = "4h"
in_sample = [2023-01-20, 2023-05-20]
periods_per_year = 365

[strategy]
direction = "both"
entry_long = "sma(close, fast) > sma(close, slow)"
entry_short = "sma(close, fast) < sma(close, slow)"

[genes]
fast = { int = [2, 10] }
slow = { int = [5, 40] }
share = { int = [10, 100] }

[risk]
size = { percent_of_equity = "share" }

[costs]
fee_bps = 10
slippage_bps = 5

[search]
population = 4
generations = 1
objectives = ["sharpe_ratio max"]
)toml";

// The generator of the golden values (docs/metrics.md): multiples of 1e-4 around zero.
class Generator {
 public:
  explicit Generator(std::uint64_t start) : x_(start) {}

  double next() {
    x_ = (1103515245 * x_ + 12345) % (1ull << 31);
    return (static_cast<double>((x_ >> 16) % 401) - 200) / 1e4;
  }

 private:
  std::uint64_t x_;
};

// Prices in cents, so that averages of ticks are exercised.
double cents(double price) { return std::floor(price * 100 + 0.5) / 100; }

market::Series make_series(std::string symbol, std::uint64_t start) {
  market::Series series;
  series.symbol = std::move(symbol);
  Generator generator(start);
  double close = 100;
  for (std::size_t i = 0; i < kBars; ++i) {
    market::Bar bar;
    bar.time_ns =
        days_from_date({2023, 1, 1}) * kNsPerDay + static_cast<std::int64_t>(i) * (kNsPerDay / 6);
    bar.open = cents(close * (1 + generator.next() / 4));
    bar.close = cents(bar.open * (1 + generator.next()));
    const double top = bar.open > bar.close ? bar.open : bar.close;
    const double bottom = bar.open > bar.close ? bar.close : bar.open;
    bar.high = cents(top * (1 + (generator.next() + 0.02) / 4));
    bar.low = cents(bottom * (1 - (generator.next() + 0.02) / 4));
    bar.volume = 1000;
    close = bar.close;
    series.push(bar);
  }
  market::find_ticks(series);
  return series;
}

void append(const Outcome& outcome, std::string& bytes) {
  append_text(bytes, outcome.invalid);
  for (const WindowOutcome& window : outcome.windows) {
    append_number(bytes, static_cast<std::uint8_t>(window.window));
    append_number(bytes, static_cast<std::uint64_t>(window.trades.size()));
    for (const SymbolMetrics& row : window.rows) {
      append_text(bytes, row.symbol);
      for (std::size_t i = 0; i < market::kMetricCount; ++i) {
        append_number(bytes, static_cast<std::uint8_t>(row.metrics.reasons[i]));
        append_number(bytes, row.metrics.values[i]);
      }
    }
  }
}

}  // namespace

namespace {

// The outcomes of one experiment by both ways, as bytes.
void append_outcomes(const char* text, const std::vector<strategy::Genome>& genomes,
                     const std::vector<market::Series>& series, std::string& bytes) {
  Result<strategy::Experiment> experiment = strategy::read_experiment(text, "self-test");
  check(static_cast<bool>(experiment), "the self-test's experiment is well-formed");
  const std::uint8_t windows = experiment->windows();
  std::vector<market::SeriesView> views;
  for (const std::string& symbol : experiment->data.symbols) {
    views.push_back(series[symbol == "A" ? 0 : 1].view());
  }
  Result<Engine> engine = Engine::prepare(std::move(*experiment), views);
  check(static_cast<bool>(engine), "the self-test's market fits its experiment");
  for (const strategy::Genome& genome : genomes) {
    append(engine->evaluate(genome, windows, true), bytes);
  }
  const Kernel kernel(*engine);
  for (const Outcome& outcome : kernel.evaluate(genomes, windows, *kernel.make_workspace())) {
    append(outcome, bytes);
  }
}

}  // namespace

Digest self_test_digest() {
  const std::vector<market::Series> series = {make_series("A", 42), make_series("B", 7)};
  std::string bytes;
  // ceiling, fast, slow, stop (genes are sorted by name); the empty one is buy-and-hold.
  append_outcomes(kBothSides, {{}, {70, 3, 10, 0.02}, {90, 5, 20, 0}, {55.5, 8, 35, 0.005}}, series,
                  bytes);
  append_outcomes(kLongOnly, {{3, 10, 0.02}, {5, 20, 0}, {8, 35, 0.005}}, series, bytes);
  append_outcomes(kShares, {{2, 40, 5}, {5, 75, 20}, {10, 100, 40}}, series, bytes);
  return sha256(bytes);
}

}  // namespace mendel::kernel
