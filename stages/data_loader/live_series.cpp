#include "stages/data_loader/live_series.hpp"

#include <algorithm>

#include "shared/market/timeframe.hpp"

namespace mendel::data_loader {

void LiveSeries::see(const wire::BarBatch& batch, Now now) {
  if (batch.bars.empty()) return;
  const Result<market::Timeframe> timeframe = market::parse_timeframe(batch.timeframe);
  if (!timeframe) return;
  const std::int64_t closed_ns = batch.bars.back().time_ns + timeframe->length_ns;
  const std::int64_t behind_ns = now.wall_ns - closed_ns;
  const auto key = std::make_tuple(batch.source, batch.symbol, batch.timeframe);
  const auto known = series_.find(key);
  if (known != series_.end()) {
    known->second.closed_ns = std::max(known->second.closed_ns, closed_ns);
  } else if (behind_ns <= kLiveTimeframes * timeframe->length_ns &&
             series_.size() < kLiveSeriesMax) {
    series_[key] = {closed_ns, timeframe->length_ns};
  }
}

double LiveSeries::late(Now now) {
  double most = 0;
  for (auto entry = series_.begin(); entry != series_.end();) {
    const Live& live = entry->second;
    if (now.wall_ns - live.closed_ns > std::max(kLiveForgottenNs, 10 * live.timeframe_ns)) {
      entry = series_.erase(entry);
      continue;
    }
    const std::int64_t next_ns = live.closed_ns + live.timeframe_ns;
    most = std::max(
        most, static_cast<double>(now.wall_ns - next_ns) / static_cast<double>(live.timeframe_ns));
    ++entry;
  }
  return most;
}

}  // namespace mendel::data_loader
