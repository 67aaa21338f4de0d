#include "topology/mendel/restart_policy.hpp"

#include <algorithm>

#include "shared/base/result.hpp"

namespace mendel::cli {

RestartDecision RestartPolicy::ended(Ending ending, std::int64_t now_ns) {
  using Action = RestartDecision::Action;
  constexpr int kTransient = static_cast<int>(ErrorKind::transient);
  if (!ending.by_signal && ending.number == 0) return {Action::leave, 0, 0};
  if (!ending.by_signal && ending.number != kTransient) {
    return {Action::stop_all, 0, ending.number};
  }
  while (!restarts_.empty() && restarts_.front() <= now_ns - kWindowNs) restarts_.pop_front();
  if (recent() >= kRestartsMax) return {Action::give_up, 0, kTransient};
  std::int64_t delay = kFirstDelayNs;
  for (int i = 0; i < recent() && delay < kDelayMaxNs; ++i) delay *= 2;
  restarts_.push_back(now_ns);
  return {Action::restart, now_ns + std::min(delay, kDelayMaxNs), 0};
}

}  // namespace mendel::cli
