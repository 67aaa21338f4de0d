// Availability: the share of time in which each stage was there, since it was first seen there. A
// database that sleeps does not make a stage unavailable: the stage is up and says so.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "shared/base/time.hpp"

namespace mendel::monitor {

class Availability {
 public:
  // Called about once a second. The time since the last call counts as what was said then; more
  // than ten seconds do not count: then monitor itself stood still.
  void see(const std::string& stage, bool is_up, Now now);
  // 0 to 1; 0 before it was there.
  double ratio(const std::string& stage) const;

 private:
  struct Seen {
    std::int64_t at_ns = 0;
    bool was_up = false;
    double up_seconds = 0;
    double seconds = 0;
  };
  std::map<std::string, Seen> stages_;
};

}  // namespace mendel::monitor
