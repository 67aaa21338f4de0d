// Examination: what the backtest engine says of an experiment on its dataset before any genome is
// scored: that it cannot run there, or what a reader of its results must know.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/base/result.hpp"
#include "shared/store/store.hpp"
#include "shared/strategy/experiment.hpp"

namespace mendel::ga_dispatcher {

struct Examination {
  std::vector<std::string> notes;
  // What turns an annual Sharpe ratio of the in-sample window into one per day, and how many days
  // it is of.
  double periods_per_year = 365;
  std::int64_t in_sample_days = 0;
};

// What the engine says. Errors: configuration when the experiment cannot run on the dataset, here
// or anywhere; others when the file cannot be read now. A dataset never changes under its id, so
// the answer is a function of the arguments.
using Examine = std::function<Result<Examination>(const strategy::Experiment& experiment,
                                                  const Digest& dataset_id)>;

Examine examine_in(store::Store store);

}  // namespace mendel::ga_dispatcher
