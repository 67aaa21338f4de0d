#include "shared/store/epoch.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/file.hpp"
#include "shared/base/ids.hpp"
#include "shared/base/log.hpp"

namespace mendel::store {
namespace {

constexpr std::int64_t kHeartbeatEveryNs = kNsPerSecond;
constexpr std::int64_t kSilentAfterNs = 30 * kNsPerSecond;
constexpr std::size_t kOwnerBytesMax = 4096;
constexpr std::uint64_t kEpochsKept = 64;  // older names are removed; the highest decides
constexpr std::size_t kDigits = 12;

std::string file_of(const std::string& folder, std::uint64_t epoch) {
  return fmt::format("{}/{:012}", folder, epoch);
}

std::string released_file_of(const std::string& folder, std::uint64_t epoch) {
  return file_of(folder, epoch) + ".released";
}

template <class Number>
Number number_from(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string first_line(const std::string& path) {
  const auto text = read_file(path, kOwnerBytesMax);
  if (!text || !*text) return "";
  return (*text)->substr(0, (*text)->find('\n'));
}

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "?";
}

std::string pid_namespace() {
  char target[64] = {};
  const ssize_t size = ::readlink("/proc/self/ns/pid", target, sizeof target - 1);
  return size > 0 ? std::string(target, static_cast<std::size_t>(size)) : "";
}

struct Living {
  std::uint64_t start = 0;  // in ticks since boot; 0 = there is no such process, or only its zombie
  bool is_stopped = false;  // by a signal or a debugger: it may stand still for good
};

Living look_at_process(std::int64_t pid) {
  const std::string stat = first_line(fmt::format("/proc/{}/stat", pid));
  // The second field is the command in parentheses and may hold anything: count behind its end.
  std::size_t at = stat.rfind(") ");
  if (at == std::string::npos) return {};
  at += 2;
  const char state = stat[at];
  if (state == 'Z' || state == 'X') return {};
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return {};
  return {number_from<std::uint64_t>(std::string_view(stat).substr(at + 1)),
          state == 'T' || state == 't'};
}

EpochOwner this_process(std::uint64_t epoch, Now now) {
  EpochOwner owner;
  owner.epoch = epoch;
  owner.host = host_name();
  owner.boot_id = first_line("/proc/sys/kernel/random/boot_id");
  owner.pid_namespace = pid_namespace();
  owner.pid = ::getpid();
  owner.process_start = look_at_process(owner.pid).start;
  owner.started_at = format_time(now.wall_ns);
  return owner;
}

std::string to_text(const EpochOwner& owner) {
  return fmt::format(
      "host={}\nboot_id={}\npid_namespace={}\npid={}\nprocess_start={}\nstarted_at={}\n",
      owner.host, owner.boot_id, owner.pid_namespace, owner.pid, owner.process_start,
      owner.started_at);
}

// An unreadable file (cut off while it was written) names nobody: its heartbeat decides.
EpochOwner read_owner(const std::string& folder, std::uint64_t epoch) {
  EpochOwner owner;
  owner.epoch = epoch;
  const auto read = read_file(file_of(folder, epoch), kOwnerBytesMax);
  std::string_view text = read && *read ? std::string_view(**read) : std::string_view();
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "host") owner.host = value;
    if (key == "boot_id") owner.boot_id = value;
    if (key == "pid_namespace") owner.pid_namespace = value;
    if (key == "pid") owner.pid = number_from<std::int64_t>(value);
    if (key == "process_start") owner.process_start = number_from<std::uint64_t>(value);
    if (key == "started_at") owner.started_at = value;
  }
  return owner;
}

// Ascending.
Result<std::vector<std::uint64_t>> list_epochs(const std::string& path) {
  std::vector<std::uint64_t> epochs;
  DIR* folder = ::opendir(path.c_str());
  if (!folder) return file_error(errno, "list the epochs in", path);
  while (const dirent* entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    if (name.size() == kDigits && name.find_first_not_of("0123456789") == name.npos) {
      epochs.push_back(number_from<std::uint64_t>(name));
    }
  }
  ::closedir(folder);
  std::sort(epochs.begin(), epochs.end());
  return epochs;
}

std::int64_t modified_at_ns(const struct stat& status) {
  return status.st_mtim.tv_sec * kNsPerSecond + status.st_mtim.tv_nsec;
}

// How long the owner's heartbeat is silent, by the clock of the file system itself: a file written
// now tells what it shows, so that the clocks of two hosts are never compared.
Result<std::int64_t> silence_ns(const std::string& folder, std::uint64_t epoch) {
  struct stat beat {};
  struct stat present {};
  int error_number = 0;
  {
    // Opening, not stat(), makes an NFS client ask the server.
    const File file = File::open(file_of(folder, epoch), O_RDONLY, &error_number);
    if (!file.is_open() || ::fstat(file.fd(), &beat) != 0) {
      return file_error(error_number ? error_number : errno, "read", file_of(folder, epoch));
    }
  }
  const std::string probe = fmt::format("{}/.now.{}", folder, make_incarnation());
  const File file = File::open(probe, O_WRONLY | O_CREAT | O_EXCL, &error_number);
  if (!file.is_open()) return file_error(error_number, "create", probe);
  const bool known = ::fstat(file.fd(), &present) == 0;
  error_number = errno;
  ::unlink(probe.c_str());
  if (!known) return file_error(error_number, "read", probe);
  return modified_at_ns(present) - modified_at_ns(beat);
}

Result<bool> is_living(const std::string& folder, const EpochOwner& owner) {
  if (::access(released_file_of(folder, owner.epoch).c_str(), F_OK) == 0) return false;
  // Process numbers say something only inside one boot of one kernel and one pid namespace.
  // Everywhere else (another host, another container, a reboot) silence decides.
  const EpochOwner here = this_process(0, Now{});
  if (!owner.boot_id.empty() && owner.boot_id == here.boot_id && !owner.pid_namespace.empty() &&
      owner.pid_namespace == here.pid_namespace) {
    const Living process = look_at_process(owner.pid);
    if (process.start == 0 || process.start != owner.process_start) return false;
    // One that runs keeps its epoch however long its work or its disk takes.
    if (!process.is_stopped) return true;
  }
  const Result<std::int64_t> silence = silence_ns(folder, owner.epoch);
  if (!silence) return silence.error();
  return *silence < kSilentAfterNs;
}

void remove_old(const std::string& folder, const std::vector<std::uint64_t>& epochs) {
  for (const std::uint64_t epoch : epochs) {
    if (epoch + kEpochsKept >= epochs.back()) return;
    ::unlink(released_file_of(folder, epoch).c_str());
    ::unlink(file_of(folder, epoch).c_str());
  }
}

}  // namespace

std::string describe(const EpochOwner& owner) {
  if (owner.host.empty()) return fmt::format("epoch {}, owner unknown", owner.epoch);
  return fmt::format("epoch {}, held by host {} pid {} since {}", owner.epoch, owner.host,
                     owner.pid, owner.started_at);
}

Epoch::Epoch(std::string folder, EpochOwner owner)
    : folder_(std::move(folder)), owner_(std::move(owner)) {}

Result<Epoch> Epoch::take(const Store& store, std::string role, Now now) {
  const std::string folder = fmt::format("{}/epochs/{}", store.path(), role);
  if (const int error_number = make_folders(folder)) {
    return file_error(error_number, "create", folder);
  }
  const Result<std::vector<std::uint64_t>> epochs = list_epochs(folder);
  if (!epochs) return epochs.error();
  const std::uint64_t highest = epochs->empty() ? 0 : epochs->back();
  if (highest > 0) {
    const EpochOwner owner = read_owner(folder, highest);
    const Result<bool> living = is_living(folder, owner);
    if (!living) return living.error();
    if (*living) {
      return transient_error(fmt::format("{} has a living owner: {}", role, describe(owner)));
    }
  }
  const EpochOwner owner = this_process(highest + 1, now);
  const std::string path = file_of(folder, owner.epoch);
  int error_number = 0;
  File file = File::open(path, O_WRONLY | O_CREAT | O_EXCL, &error_number);
  if (error_number == EEXIST) {
    return transient_error(
        fmt::format("{}: another process took epoch {} first", role, owner.epoch));
  }
  if (!file.is_open()) return file_error(error_number, "create", path);
  error_number = file.write_all(to_text(owner));
  if (error_number == 0) error_number = file.sync_data();
  if (error_number == 0) error_number = sync_folder(folder);
  if (error_number != 0) {
    ::unlink(path.c_str());  // nobody was told of it, and it would look like a living owner
    return file_error(error_number, "write", path);
  }
  Epoch taken(folder, owner);
  for (const std::uint64_t before : *epochs) {
    if (::access(released_file_of(folder, before).c_str(), F_OK) == 0) continue;
    const EpochOwner next = before == highest ? owner : read_owner(folder, before + 1);
    if (const auto at = parse_time(next.started_at)) taken.taken_over_at_ns_.push_back(*at);
  }
  remove_old(folder, *epochs);
  return taken;
}

std::size_t Epoch::takeovers(Now now) const {
  constexpr std::int64_t kWindowNs = 600 * kNsPerSecond;
  return static_cast<std::size_t>(
      std::count_if(taken_over_at_ns_.begin(), taken_over_at_ns_.end(),
                    [&](std::int64_t at_ns) { return now.wall_ns - at_ns < kWindowNs; }));
}

void Epoch::heartbeat(Now now) {
  if (beaten_at_ns_ != 0 && now.monotonic_ns - beaten_at_ns_ < kHeartbeatEveryNs) return;
  beaten_at_ns_ = now.monotonic_ns;
  if (::utimensat(AT_FDCWD, file_of(folder_, owner_.epoch).c_str(), nullptr, 0) != 0) {
    log::repeated(log::Level::warn, "epoch.heartbeat",
                  file_error(errno, "touch", file_of(folder_, owner_.epoch)).message);
  }
}

std::optional<EpochOwner> Epoch::superseded(Now now) {
  if (successor_) return successor_;
  if (looked_at_ns_ != 0 && now.monotonic_ns - looked_at_ns_ < kHeartbeatEveryNs) {
    return std::nullopt;
  }
  looked_at_ns_ = now.monotonic_ns;
  const Result<std::vector<std::uint64_t>> epochs = list_epochs(folder_);
  if (epochs && !epochs->empty() && epochs->back() > owner_.epoch) {
    successor_ = read_owner(folder_, epochs->back());
  }
  return successor_;
}

void Epoch::release() {
  const std::string path = released_file_of(folder_, owner_.epoch);
  int error_number = 0;
  const File file = File::open(path, O_WRONLY | O_CREAT, &error_number);
  if (file.is_open()) return;
  log::warn("{}", file_error(error_number, "create", path).message);
  // A full disk has no room for a new name. An epoch that names nobody ends by its silence, even
  // while this process lives on.
  const std::string own = file_of(folder_, owner_.epoch);
  if (::truncate(own.c_str(), 0) != 0) log::warn("{}", file_error(errno, "cut", own).message);
}

}  // namespace mendel::store
