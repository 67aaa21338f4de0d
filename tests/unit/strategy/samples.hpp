// Samples for the strategy tests: a small valid experiment to vary, and a small market.
// Threads: plain values.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shared/market/bar.hpp"
#include "shared/strategy/experiment.hpp"
#include "shared/strategy/program.hpp"

namespace mendel::strategy {

inline const std::string kSample = R"toml([data]
source = "test"
symbols = ["A"]
timeframe = "1d"
in_sample = [2020-01-01, 2021-01-01]

[strategy]
entry_long = "close > fast"
exit_long = "close < fast"

[genes]
fast = { int = [2, 20] }
)toml";

// `text` with its first `from` replaced; the test fails when there is none.
inline std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

inline Experiment read(const std::string& text, const Overrides& overrides = {}) {
  Result<Experiment> experiment = read_experiment(text, "test.toml", overrides);
  if (!experiment) {
    ADD_FAILURE() << experiment.error().message << "\n" << text;
    return {};
  }
  return *experiment;
}

inline std::string whole_error_of(const std::string& text, const Overrides& overrides = {}) {
  const Result<Experiment> experiment = read_experiment(text, "test.toml", overrides);
  if (experiment) return "(no error)";
  EXPECT_EQ(experiment.error().kind, ErrorKind::configuration);
  return experiment.error().message;
}

// Without the excerpt below its first line.
inline std::string error_of(const std::string& text, const Overrides& overrides = {}) {
  const std::string error = whole_error_of(text, overrides);
  return error.substr(0, error.find('\n'));
}

// The sample with this condition as entry; the gene stays used by the exit.
inline std::string with_entry(std::string_view condition) {
  return with(kSample, "close > fast", condition);
}

inline market::Series market_of(const std::vector<double>& closes, double price_scale = 0) {
  market::Series series;
  series.symbol = "A";
  for (std::size_t i = 0; i < closes.size(); ++i) {
    series.push({static_cast<std::int64_t>(i) * 86'400'000'000'000, closes[i], closes[i], closes[i],
                 closes[i], 100});
  }
  series.price_scale = price_scale;
  return series;
}

// The entry signal as "0110".
inline std::string entry_bits(std::string_view condition, const market::Series& series,
                              const Genome& genome = {5}) {
  const Experiment experiment = read(with_entry(condition));
  if (experiment.genes.empty()) return "(no experiment)";
  std::string bits;
  for (const std::uint8_t bit : run_signals(experiment, genome, series.view()).entry_long) {
    bits += bit ? '1' : '0';
  }
  return bits;
}

}  // namespace mendel::strategy
