// Latency: a histogram of how long statements took, as seen by the client.
// Threads: a plain value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mendel::database {

class Latency {
 public:
  // Upper limits in milliseconds; above the last one is a bucket of its own.
  static constexpr std::array<double, 10> kLimitsMs = {1,   5,   10,   50,   100,
                                                       250, 500, 1000, 5000, 30'000};

  void add(std::int64_t ns);

  std::uint64_t count() const { return count_; }
  double sum_ms() const { return sum_ms_; }
  // Statements that took at most kLimitsMs[i].
  std::uint64_t within(std::size_t i) const;
  // The limit below which the share of the statements was, interpolated within its bucket; 0 while
  // there is none, the last limit when the share lies above it.
  double quantile_ms(double share) const;

 private:
  std::array<std::uint64_t, kLimitsMs.size() + 1> buckets_{};
  std::uint64_t count_ = 0;
  double sum_ms_ = 0;
};

}  // namespace mendel::database
