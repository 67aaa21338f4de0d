#include "topology/mendel/sitting.hpp"

#include "shared/base/time.hpp"

namespace mendel::cli {

void Sitting::see(const wire::Progress& progress, std::int64_t now_ns) {
  // A dispatcher that was started again after the search has measured nothing.
  if (progress.evaluations_per_second > 0) rate_ = progress.evaluations_per_second;
  if (progress.state == "reporting" && !judging_since_ns_) judging_since_ns_ = now_ns;
  if (progress.state == "finished" && !judged_ns_) judged_ns_ = now_ns;
}

config::Value Sitting::evaluations_per_second() const {
  return rate_ > 0 ? config::Value(rate_) : config::Value();
}

config::Value Sitting::judged_seconds() const {
  if (!judging_since_ns_ || !judged_ns_) return {};
  return static_cast<double>(*judged_ns_ - *judging_since_ns_) / double{kNsPerSecond};
}

}  // namespace mendel::cli
