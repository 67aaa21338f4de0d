// The state directory of a local pipeline: its folders, and the lock that keeps a second pipeline
// out of it.
//
//   <state>/mendel.pid   locked by the process that runs the pipeline, whose pid it holds
//   <state>/run/up       the pipeline's mark beside its sockets: gone means that they are, too
//   <state>/dsn          connection string of the private database, 0600
//   <state>/{store,run,inbox,log,pg}
// Threads: one thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::cli {

// Creates state, run, inbox and log: 0700, but state itself 0711 for root, so that the user
// postgres can reach its folder below.
Status create_folders(const wiring::Topology& topology);

// What a person types to call this command: "./mendel" when the entry script did (place.cpp).
std::string invocation();

// The same with these words, and with the state directory where that is not found by itself.
std::string invocation(const wiring::Topology& topology, std::string_view words);

// Whether commands find this state directory without --state in any shell (place.cpp).
bool is_default_state(const std::string& state);

std::string log_folder(const wiring::Topology& topology);

// Puts the mark of a living pipeline beside its sockets; called by the owner of the StateLock.
Status mark_sockets(const wiring::Topology& topology);

// The one line to show when a pipeline lives whose sockets somebody deleted: nobody reaches it any
// more, and only its restart makes new ones. nullopt = none lives, or its sockets are there.
std::optional<std::string> deleted_sockets(const wiring::Topology& topology);

// Whose lock it is, when a living process holds it.
struct LockOwner {
  pid_t pid = 0;
  std::string command;  // "mendel up"
};

inline constexpr const char* kUpCommand = "mendel up";  // whose lock means: a pipeline lives

class StateLock {
 public:
  // Refuses, naming the owner, when another process holds it.
  static Result<StateLock> take(const std::string& state, const std::string& command);
  static std::optional<LockOwner> owner(const std::string& state);
  ~StateLock();
  StateLock(StateLock&&) noexcept;
  StateLock& operator=(StateLock&&) = delete;

 private:
  explicit StateLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace mendel::cli
