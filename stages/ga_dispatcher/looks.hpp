// Looks: how often an out-of-sample range has been looked at, over all runs in the store. Every
// look makes the next one worth less, so it is counted and printed.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/strategy/experiment.hpp"

namespace mendel::ga_dispatcher {

// Whether in-sample ranges overlap, of the same source, timeframe and at least one same symbol, and
// of no other null.
bool same_in_sample(const strategy::DataSettings& a, const strategy::DataSettings& b);

class Looks {
 public:
  // Runs that evaluated an overlapping out-of-sample range of the same source, timeframe and at
  // least one of the same symbols. 0 without an out-of-sample window.
  std::int64_t count(const strategy::DataSettings& data) const;
  void add(const strategy::DataSettings& data);

 private:
  std::vector<strategy::DataSettings> seen_;
};

}  // namespace mendel::ga_dispatcher
