#include "tests/faults/small_disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mendel::faults {

SmallDisk::SmallDisk(std::int64_t megabytes) {
  // The user postgres has to reach its folder in it.
  ::chmod(folder_.path().c_str(), 0711);
  const std::string options = fmt::format("size={}m,mode=0711", megabytes);
  if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, options.c_str()) != 0) {
    missing_ = fmt::format("no tmpfs can be mounted here ({})", std::strerror(errno));
  }
}

SmallDisk::~SmallDisk() {
  if (missing_.empty()) ::umount2(folder_.path().c_str(), MNT_DETACH);
}

void SmallDisk::fill() const {
  if (!missing_.empty()) return;
  const int fd =
      ::open(folder_.file("filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string zeros(1 << 20, '\0');
  std::size_t piece = zeros.size();
  while (fd >= 0 && piece > 0) {
    const ssize_t put = ::write(fd, zeros.data(), piece);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) piece /= 2;
  }
  if (fd >= 0) ::close(fd);
}

void SmallDisk::free_again() const { ::unlink(folder_.file("filler").c_str()); }

}  // namespace mendel::faults
