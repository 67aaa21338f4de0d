#include "shared/database/latency.hpp"

#include <algorithm>

namespace mendel::database {

void Latency::add(std::int64_t ns) {
  const double ms = static_cast<double>(ns) / 1e6;
  const auto bucket = std::lower_bound(kLimitsMs.begin(), kLimitsMs.end(), ms);
  ++buckets_[static_cast<std::size_t>(bucket - kLimitsMs.begin())];
  ++count_;
  sum_ms_ += ms;
}

std::uint64_t Latency::within(std::size_t i) const {
  std::uint64_t all = 0;
  for (std::size_t bucket = 0; bucket <= i; ++bucket) all += buckets_.at(bucket);
  return all;
}

double Latency::quantile_ms(double share) const {
  if (count_ == 0) return 0;
  const double wanted = share * static_cast<double>(count_);
  double below = 0;
  for (std::size_t i = 0; i < kLimitsMs.size(); ++i) {
    const auto here = static_cast<double>(buckets_.at(i));
    if (here > 0 && below + here >= wanted) {
      const double from = i == 0 ? 0 : kLimitsMs.at(i - 1);
      return from + (kLimitsMs.at(i) - from) * (wanted - below) / here;
    }
    below += here;
  }
  return kLimitsMs.back();
}

}  // namespace mendel::database
