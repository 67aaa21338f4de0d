#include "stages/monitor/availability.hpp"

namespace mendel::monitor {
namespace {

constexpr double kSecondsMost = 10;

}  // namespace

void Availability::see(const std::string& stage, bool is_up, Now now) {
  const auto found = stages_.find(stage);
  if (found == stages_.end()) {
    if (is_up) stages_[stage] = {now.monotonic_ns, true, 0, 0};
    return;
  }
  Seen& seen = found->second;
  const double passed = static_cast<double>(now.monotonic_ns - seen.at_ns) / 1e9;
  if (passed <= kSecondsMost) {
    seen.seconds += passed;
    if (seen.was_up) seen.up_seconds += passed;
  }
  seen.at_ns = now.monotonic_ns;
  seen.was_up = is_up;
}

double Availability::ratio(const std::string& stage) const {
  const auto found = stages_.find(stage);
  if (found == stages_.end()) return 0;
  return found->second.seconds > 0 ? found->second.up_seconds / found->second.seconds : 1;
}

}  // namespace mendel::monitor
