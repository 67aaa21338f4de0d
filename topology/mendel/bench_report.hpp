// BenchReport: what `mendel bench` measured, and how people and programs read it.
// Threads: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/config/value.hpp"

namespace mendel::cli {

// One way to score strategies: every repetition scored `strategies` of them.
struct BenchWay {
  std::string name;  // "plain_loop"
  std::string title;
  std::size_t strategies = 0;
  std::vector<std::int64_t> repetitions_ns;
};

struct BenchReport {
  std::string experiment;
  std::string window;
  std::string lanes;
  std::int64_t bars = 0;  // of the window, of all symbols
  std::size_t symbols = 0;
  std::size_t population = 0;
  std::size_t threads = 0;
  double trades_per_strategy = 0;
  std::int64_t peak_memory_bytes = 0;
  // Strategies whose trade counts were compared, and how many of them differ.
  std::size_t compared = 0;
  std::size_t differing = 0;
  std::vector<BenchWay> ways;  // the plain loop first: ratios are to it
  std::vector<std::string> notes;
};

// The middle one; of an even number the mean of the two in the middle. Requires at least one.
double median(std::vector<std::int64_t> values);

config::Value bench_value(const BenchReport& report);
std::string bench_text(const BenchReport& report);

}  // namespace mendel::cli
