#include "shared/store/space.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "shared/base/file.hpp"
#include "shared/base/log.hpp"

namespace mendel::store {
namespace {

constexpr std::int64_t kLookEveryNs = kNsPerSecond;
constexpr std::int64_t kTakeEveryNs = 10 * kNsPerSecond;
constexpr std::uint64_t kStatBlockBytes = 512;  // of st_blocks, whatever the file system has

std::string in_mib(std::uint64_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

}  // namespace

Result<DiskSpace> disk_of(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return file_error(errno, "ask the disk of", path);
  const std::uint64_t block = status.f_frsize;
  return DiskSpace{block * status.f_blocks, block * status.f_bavail,
                   block * (status.f_blocks - status.f_bfree)};
}

// ---- Space -----------------------------------------------------------------------------------

Space::Space(std::string path, std::int64_t free_bytes_min, LookAtDisk look)
    : path_(std::move(path)), free_bytes_min_(free_bytes_min), look_(std::move(look)) {}

void Space::look(Now now) {
  if (looked_at_ns_ != 0 && now.monotonic_ns - looked_at_ns_ < kLookEveryNs) return;
  looked_at_ns_ = now.monotonic_ns;
  const bool was_short = is_short();
  const Result<DiskSpace> disk = look_(path_);
  if (!disk) {
    log::repeated(log::Level::warn, "store.space", disk.error().message);
    return;
  }
  disk_ = *disk;
  known_ = true;
  if (is_short() && !was_short) log::error("{}", shortage());
  if (!is_short() && was_short) log::info("{} has room again", path_);
}

std::uint64_t Space::floor_bytes() const {
  if (free_bytes_min_ >= 0) return static_cast<std::uint64_t>(free_bytes_min_);
  return std::min(kFreeBytesMinDefault, disk_.total_bytes / kFreeShareMinDefault);
}

std::string Space::shortage() const {
  if (!is_short()) return "";
  return fmt::format("{} has {} free, less than free_bytes_min ({}): free some space on that disk",
                     path_, in_mib(disk_.free_bytes), in_mib(floor_bytes()));
}

bool Space::has_room_for(std::uint64_t bytes) const {
  return known_ && disk_.free_bytes >= bytes && disk_.free_bytes - bytes >= floor_bytes();
}

// ---- Reserve ---------------------------------------------------------------------------------

Reserve::Reserve(const std::string& store, std::uint64_t bytes)
    : path_(store + "/reserve"), bytes_(bytes) {}

bool Reserve::release() { return ::unlink(path_.c_str()) == 0; }

bool Reserve::is_held() const {
  struct stat status {};
  return ::stat(path_.c_str(), &status) == 0 &&
         static_cast<std::uint64_t>(status.st_size) == bytes_ &&
         static_cast<std::uint64_t>(status.st_blocks) * kStatBlockBytes >= bytes_;
}

Status Reserve::take(const Space& space, Now now) {
  if (tried_at_ns_ != 0 && now.monotonic_ns - tried_at_ns_ < kTakeEveryNs) return {};
  tried_at_ns_ = now.monotonic_ns;
  if (bytes_ == 0) {
    release();
    return {};
  }
  // Twice: on a disk without a floor it must not be what fills it.
  if (is_held() || !space.has_room_for(2 * bytes_)) return {};
  int error_number = 0;
  const File file = File::open(path_, O_WRONLY | O_CREAT, &error_number);
  if (file.is_open()) {
    error_number = ::posix_fallocate(file.fd(), 0, static_cast<off_t>(bytes_));
    if (error_number == 0 && ::ftruncate(file.fd(), static_cast<off_t>(bytes_)) != 0) {
      error_number = errno;
    }
  }
  if (error_number == 0) return {};
  release();
  return file_error(error_number, "reserve space in", path_);
}

}  // namespace mendel::store
