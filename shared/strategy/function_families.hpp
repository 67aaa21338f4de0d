// FunctionFamilies: the rows of the function table, one list per family and file.
// Threads: pure functions.
#pragma once

#include <vector>

#include "shared/strategy/functions.hpp"

namespace mendel::strategy {

std::vector<Function> price_rows();       // prices.cpp
std::vector<Function> average_rows();     // averages.cpp
std::vector<Function> oscillator_rows();  // oscillators.cpp
std::vector<Function> range_rows();       // ranges.cpp
std::vector<Function> direction_rows();   // directions.cpp
std::vector<Function> volume_rows();      // volumes.cpp
std::vector<Function> deviation_rows();   // deviations.cpp
std::vector<Function> regression_rows();  // regressions.cpp
std::vector<Function> event_rows();       // events.cpp
std::vector<Function> arithmetic_rows();  // arithmetic.cpp
std::vector<Function> context_rows();     // contexts.cpp

// Building blocks that several families share.
void sma(const Call& call, std::span<double> out);
void ema(const Call& call, std::span<double> out);
void rma(const Call& call, std::span<double> out);
void highest(const Call& call, std::span<double> out);
void lowest(const Call& call, std::span<double> out);
void variance(const Call& call, std::span<double> out);
void stdev(const Call& call, std::span<double> out);
// Typical prices (hlc3) of the bars.
void hlc3(const Call& call, std::span<double> out);
void true_range(const Call& call, std::span<double> out);

// A row (x, n) that reads the last n values; its texts are the caller's.
Function window_row(std::string_view name, void (*numbers)(const Call&, std::span<double>));

// Look-backs that several families share.
inline std::int64_t window_bars(const Periods& longest) { return longest[0] - 1; }
inline std::int64_t period_bars(const Periods& longest) { return longest[0]; }
// Recursive functions forget: after ten periods what came before weighs less than 1e-8.
inline constexpr std::int64_t kRecursionPeriods = 10;
inline std::int64_t recursive_bars(const Periods& longest) {
  return kRecursionPeriods * longest[0];
}

}  // namespace mendel::strategy
