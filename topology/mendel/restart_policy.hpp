// RestartPolicy: what the supervisor does when a stage has ended (docs/operating.md, "Exit codes").
// Pure: the moment goes in, the decision comes out.
// Threads: a plain value, one per supervised process.
#pragma once

#include <cstdint>
#include <deque>

#include "shared/base/time.hpp"

namespace mendel::cli {

// How a process ended.
struct Ending {
  bool by_signal = false;
  int number = 0;  // the signal, or the exit code
};

struct RestartDecision {
  enum class Action {
    leave,     // it did what it was for (code 0): stays ended
    restart,   // again at `at_ns`
    give_up,   // it ended too often: everything stops, code 1
    stop_all,  // nothing will help but a change (code 2) or a person (code 4): that code
  };
  Action action = Action::leave;
  std::int64_t at_ns = 0;
  int exit_code = 0;
};

class RestartPolicy {
 public:
  static constexpr std::int64_t kFirstDelayNs = 500 * kNsPerMs;
  static constexpr std::int64_t kDelayMaxNs = 30 * kNsPerSecond;
  static constexpr std::int64_t kWindowNs = 600 * kNsPerSecond;
  static constexpr int kRestartsMax = 10;  // within the window

  RestartDecision ended(Ending ending, std::int64_t now_ns);

  // Restarts decided on within the window that ended at the last call.
  int recent() const { return static_cast<int>(restarts_.size()); }

 private:
  std::deque<std::int64_t> restarts_;
};

}  // namespace mendel::cli
