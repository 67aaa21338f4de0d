// SeedSpread: what the same experiment finds with several seeds, and how far that lies apart. A
// search whose picks differ from seed to seed has found noise, or has not searched enough.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/config/value.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::cli {

struct SeedResult {
  std::uint64_t seed = 0;
  config::Value report;  // ga_dispatcher's, of the finished run
};

// {"experiment", "objective", "runs": one entry a seed, "spread": least, median and most of what
// they found, "genes": how the picks differ, "picks": how many distinct ones, "verdicts"}. Values
// are the picks', of the first objective. Runs without a feasible genome have null there and do not
// enter the spread. Requires a result.
config::Value seed_spread_value(const strategy::Experiment& experiment,
                                const std::vector<SeedResult>& results);

// The same as tables that people read.
std::string seed_spread_text(const config::Value& value);

}  // namespace mendel::cli
