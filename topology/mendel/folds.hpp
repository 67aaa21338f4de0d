// Folds: the windows of a walk-forward: search on one stretch, judge on the next, move on.
//
//   [---- in sample ----](embargo)[- out of sample -]
//           ── step ──►  [---- in sample ----](embargo)[- out of sample -]   …   [---- next ----]
//
// Months are calendar months in UTC. Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::cli {

inline constexpr std::int64_t kFoldsMax = 200;

struct WalkForward {
  std::int64_t in_sample_months = 0;
  std::int64_t out_of_sample_months = 0;
  std::int64_t step_months = 0;   // at least out_of_sample_months: no day is judged twice
  bool anchored = false;          // every in-sample window begins where the first does
  std::int64_t embargo_days = 0;  // taken from the beginning of every out-of-sample window
};

struct Fold {
  strategy::TimeRange in_sample;
  strategy::TimeRange out_of_sample;
};

struct FoldPlan {
  std::vector<Fold> folds;
  strategy::TimeRange next;  // in sample of the genome to trade next: it ends with the last fold
};

// "12 months", "2 years", "1 month" or "1 year" as months.
Result<std::int64_t> months_from(std::string_view text);

// The same time of day, `months` later; a day that the month does not have becomes its last.
std::int64_t add_months(std::int64_t time_ns, std::int64_t months);

// Every fold that fits into `whole`. Errors (configuration): none does, more than kFoldsMax, a step
// shorter than the out-of-sample window, an embargo that leaves nothing of it.
Result<FoldPlan> plan_folds(const WalkForward& settings, strategy::TimeRange whole);

}  // namespace mendel::cli
