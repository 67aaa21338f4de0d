#include "topology/mendel/state_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace mendel::cli {
namespace {

constexpr const char* kLockName = "/mendel.pid";

Status create_folder(const std::string& path, mode_t mode) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && chmod(path.c_str(), mode) != 0) error.assign(errno, std::generic_category());
  if (!error) return {};
  return configuration_error(
      fmt::format("{}: {}; name a state directory that you may write to with --state <dir>", path,
                  error.message()));
}

LockOwner read_owner(int descriptor) {
  char text[128] = {};
  const ssize_t size = pread(descriptor, text, sizeof text - 1, 0);
  LockOwner owner;
  if (size <= 0) return owner;
  char* rest = nullptr;
  owner.pid = static_cast<pid_t>(std::strtol(text, &rest, 10));
  owner.command = rest;
  while (!owner.command.empty() && owner.command.front() == ' ') owner.command.erase(0, 1);
  while (!owner.command.empty() && owner.command.back() == '\n') owner.command.pop_back();
  return owner;
}

std::string mark_of(const wiring::Topology& topology) { return topology.run() + "/up"; }

}  // namespace

std::string log_folder(const wiring::Topology& topology) { return topology.state() + "/log"; }

Status create_folders(const wiring::Topology& topology) {
  const mode_t state_mode = geteuid() == 0 ? 0711 : 0700;
  if (Status made = create_folder(topology.state(), state_mode); !made) return made;
  for (const std::string& path : {topology.run(), topology.inbox(), log_folder(topology)}) {
    if (Status made = create_folder(path, 0700); !made) return made;
  }
  return {};
}

Status mark_sockets(const wiring::Topology& topology) {
  const int descriptor = open(mark_of(topology).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return transient_error(fmt::format("{}: {}", mark_of(topology), std::strerror(errno)));
  }
  close(descriptor);
  return {};
}

std::optional<std::string> deleted_sockets(const wiring::Topology& topology) {
  // An owner of the lock marks its folder within moments.
  constexpr int kLooks = 5;
  constexpr int kLookMs = 20;
  std::optional<LockOwner> owner;
  for (int i = 0; i < kLooks; ++i) {
    if (i > 0) usleep(kLookMs * 1000);
    owner = StateLock::owner(topology.state());
    if (!owner || owner->command != kUpCommand) return std::nullopt;
    if (access(mark_of(topology).c_str(), F_OK) == 0) return std::nullopt;
  }
  return fmt::format(
      "{}: the sockets of the running '{}' (pid {}) were deleted, so nothing can reach it; stop it "
      "(kill {}) and start it again: runs go on where they were",
      topology.run(), owner->command, owner->pid, owner->pid);
}

Result<StateLock> StateLock::take(const std::string& state, const std::string& command) {
  const std::string path = state + kLockName;
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return configuration_error(
        fmt::format("{}: {}; name a state directory that you may write to with --state <dir>", path,
                    std::strerror(errno)));
  }
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const LockOwner owner = read_owner(descriptor);
    close(descriptor);
    return configuration_error(fmt::format(
        "{}: '{}' (pid {}) is running there; stop it first, or name another directory with "
        "--state <dir>",
        state, owner.command, owner.pid));
  }
  const std::string text = fmt::format("{} {}\n", getpid(), command);
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    const int error = errno;
    close(descriptor);
    return transient_error(fmt::format("{}: {}", path, std::strerror(error)));
  }
  return StateLock(descriptor);
}

std::optional<LockOwner> StateLock::owner(const std::string& state) {
  const int descriptor = open((state + kLockName).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::optional<LockOwner> owner;
  // A shared lock succeeds only while nobody holds the exclusive one.
  if (flock(descriptor, LOCK_SH | LOCK_NB) != 0) owner = read_owner(descriptor);
  close(descriptor);
  return owner;
}

StateLock::~StateLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

StateLock::StateLock(StateLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

}  // namespace mendel::cli
