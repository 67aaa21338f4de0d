// Forecast: what a search will leave behind, told before it begins, and the consent to much of it.
// Threads: the main thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::cli {

// Above this a search begins only when somebody says so.
inline constexpr std::uint64_t kLogBytesUnasked = 10'000'000'000;

struct Forecast {
  std::uint64_t scores = 0;  // in the log at most: genomes met again are not evaluated again
  std::uint64_t log_bytes = 0;
  std::uint64_t database_rows = 0;  // without those of invalid candidates that are not kept
  bool keeps_all = true;
};

// Of `searches` runs of the experiment.
Forecast forecast(const strategy::Experiment& experiment, std::int64_t searches = 1);
// Of one run of each.
Forecast forecast(const std::vector<strategy::Experiment>& experiments);

// "expects at most 3,840 scores: 2.4 MB of log, 7,710 rows in the database (it takes all)".
std::string forecast_text(const Forecast& forecast);

// Of every command that searches.
config::OptionSpec consent_option();

// Says it on stderr and, above kLogBytesUnasked and without `agreed` (--yes), asks. Error
// (configuration): the answer is no, or nobody can be asked.
Status confirm(const Forecast& forecast, bool agreed);

}  // namespace mendel::cli
