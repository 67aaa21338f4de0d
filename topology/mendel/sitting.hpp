// Sitting: what the messages of a run say of its search and of the judging that follows, each with
// its own time, as far as one command has seen them. Threads: the main thread.
#pragma once

#include <cstdint>
#include <optional>

#include "shared/config/value.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::cli {

class Sitting {
 public:
  void see(const wire::Progress& progress, std::int64_t now_ns);

  // As ga_dispatcher measured it; null = the search was over before.
  config::Value evaluations_per_second() const;
  // From the end of the search to the verdict; null = it has not been seen.
  config::Value judged_seconds() const;

 private:
  double rate_ = 0;
  std::optional<std::int64_t> judging_since_ns_;
  std::optional<std::int64_t> judged_ns_;
};

}  // namespace mendel::cli
