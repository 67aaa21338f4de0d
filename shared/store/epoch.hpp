// Epochs: which of several owners of a role (writer, loader, dispatcher) is the latest. The number
// is in an O_EXCL-created file name, one above the highest: no database and no lock is needed.
// The owner refreshes a heartbeat; a newcomer waits until a living owner's is older than 30 s, and
// an owner that sees a higher epoch stops publishing.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/store/store.hpp"

namespace mendel::store {

// Who holds an epoch: written into its file, and printed by the loser.
struct EpochOwner {
  std::uint64_t epoch = 0;
  std::string host;
  std::string boot_id;
  std::string pid_namespace;  // containers of one kernel count processes apart
  std::int64_t pid = 0;
  std::uint64_t process_start = 0;  // /proc/<pid>/stat field 22: a reused pid is another process
  std::string started_at;           // ISO-8601
};

// "epoch 7, held by host h pid 12 since 2026-11-22T00:40:01Z".
std::string describe(const EpochOwner& owner);

class Epoch {
 public:
  // Takes the next epoch of `role` ("results_writer"), or says that a living owner holds it
  // (transient error naming it). Not living is one that released it; one on this host whose pid is
  // gone or has another start time; and one that is stopped (SIGSTOP), or that cannot be seen
  // from here (another host or container), and has been silent for 30 s.
  static Result<Epoch> take(const Store& store, std::string role, Now now);

  std::uint64_t number() const { return owner_.epoch; }
  // Touches the heartbeat, at most once a second.
  void heartbeat(Now now);
  // The owner of a higher epoch, if there is one; checked at most once a second.
  std::optional<EpochOwner> superseded(Now now);
  // Lets a successor start at once.
  void release();
  // Epochs of this role that were taken in the ten minutes before now although the owner before had
  // not released its own: it was killed, or fell silent.
  std::size_t takeovers(Now now) const;

 private:
  Epoch(std::string folder, EpochOwner owner);
  std::string folder_;
  EpochOwner owner_;
  std::int64_t beaten_at_ns_ = 0;
  std::int64_t looked_at_ns_ = 0;
  std::optional<EpochOwner> successor_;
  std::vector<std::int64_t> taken_over_at_ns_;  // wall time, this one's among them
};

}  // namespace mendel::store
