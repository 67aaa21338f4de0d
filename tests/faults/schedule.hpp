// Schedule: what goes wrong in one round, and when; all of it follows from a seed.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mendel::faults {

enum class FaultKind : std::uint8_t {
  kill,                // SIGKILL; the supervisor starts it again
  stop,                // SIGSTOP for a while
  terminate_backends,  // every connection of Mendel to the database
  restart_database,    // SIGQUIT: it crashes and recovers
  cut_links,
  hold_links,   // for a while
  delay_links,  // for a while
  fill_disk,    // for a while; the store's and the cluster's
};

struct Fault {
  FaultKind kind = FaultKind::kill;
  std::string stage;         // of kill and stop
  std::int64_t wait_ms = 0;  // after the fault before it
  std::int64_t for_ms = 0;   // of those that last
};

struct Schedule {
  std::uint64_t seed = 0;
  std::vector<Fault> faults;
};

// `disk`: the disk may be filled. A stage or the database dies at most three times in a round,
// because the supervisor waits longer each time.
Schedule make_schedule(std::uint64_t seed, std::size_t faults, bool disk);

// "seed 7: after 120 ms kill results_writer; after …".
std::string to_text(const Schedule& schedule);

}  // namespace mendel::faults
