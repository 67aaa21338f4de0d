// Prints a made-up market on whole ticks and every indicator of the language on it, as CSV with
// all digits, for pandas_test.py to compare with.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "shared/base/check.hpp"
#include "shared/strategy/columns.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::strategy {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;

constexpr const char* kExperiment = R"toml(
[data]
source = "test"
symbols = ["A"]
timeframe = "1h"
in_sample = [2020-01-01, 2021-01-01]
[strategy]
entry_long = "({}) >= g"
exit_long = "close > g"
[genes]
g = {{ int = [1, 2] }}
)toml";

// The generator of the golden values.
market::Series make_market() {
  std::uint64_t state = 42;
  const auto below = [&](std::int64_t end) {
    state = (1103515245 * state + 12345) % (1ull << 31);
    return static_cast<std::int64_t>(state >> 8) % end;
  };
  const auto price = [](std::int64_t ticks) { return static_cast<double>(ticks) / 100; };
  market::Series series;
  series.symbol = "A";
  std::int64_t close = 10'000;
  for (std::int64_t hour = 0; hour < 1000; ++hour) {
    const std::int64_t open = close + below(21) - 10;
    close = open + below(101) - 50;
    const std::int64_t high = std::max(open, close) + below(30);
    const std::int64_t low = std::min(open, close) - below(30);
    series.push({hour * kHourNs, price(open), price(high), price(low), price(close),
                 static_cast<double>(1 + below(5000))});
  }
  market::find_ticks(series);
  return series;
}

std::vector<double> column_of(const std::string& text, const market::Series& series) {
  const auto experiment = read_experiment(fmt::format(fmt::runtime(kExperiment), text), text);
  check(static_cast<bool>(experiment), text.c_str());
  const market::SeriesView view = series.view();
  const Genome genome = {1};
  Columns columns(experiment->genes, genome, {{&view, 1}, kHourNs}, 0);
  const Numbers numbers = columns.of(*experiment->strategy.entry_long->arguments[0]).numbers;
  std::vector<double> values;
  for (std::size_t i = 0; i < view.size(); ++i) values.push_back(numbers[i]);
  return values;
}

int print(const std::vector<std::string>& texts) {
  const market::Series series = make_market();
  std::vector<std::vector<double>> columns;
  std::string header = "hours";
  for (const std::string& text : texts) {
    header += ";" + text;
    columns.push_back(column_of(text, series));
  }
  fmt::print("{}\n", header);
  for (std::size_t i = 0; i < series.time_ns.size(); ++i) {
    fmt::print("{}", series.time_ns[i] / kHourNs);
    for (const std::vector<double>& column : columns) fmt::print(";{}", column[i]);
    fmt::print("\n");
  }
  return 0;
}

}  // namespace
}  // namespace mendel::strategy

int main(int argc, char** argv) { return mendel::strategy::print({argv + 1, argv + argc}); }
