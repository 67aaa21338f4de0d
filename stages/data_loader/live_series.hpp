// LiveSeries: which series are fed as their bars close, and how late the latest of them is. A bar
// that arrives within three timeframes of its close makes its series live; one from a file of old
// bars does not.
// Threads: one thread; pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "shared/base/time.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::data_loader {

inline constexpr std::int64_t kLiveTimeframes = 3;
inline constexpr std::int64_t kLiveForgottenNs = 7 * kNsPerDay;  // without a bar
inline constexpr std::size_t kLiveSeriesMax = 10'000;

class LiveSeries {
 public:
  void see(const wire::BarBatch& batch, Now now);
  // Of the live series that is latest: how many timeframes ago its next bar should have closed; 0
  // when none is late.
  double late(Now now);

 private:
  struct Live {
    std::int64_t closed_ns = 0;  // its newest bar
    std::int64_t timeframe_ns = 0;
  };
  std::map<std::tuple<std::string, std::string, std::string>, Live> series_;
};

}  // namespace mendel::data_loader
