// SmallDisk: a file system of few bytes and few names, mounted where only this test sees it, that
// can be filled and emptied. Where mounting is not allowed, is_mounted() is false and the test
// skips itself. Threads: the test's; those that it starts later see the disk, too.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "tests/support/scratch_folder.hpp"

namespace mendel::testing {

class SmallDisk {
 public:
  explicit SmallDisk(std::size_t bytes, int names = 64) : path_(scratch_.file("disk")) {
    std::filesystem::create_directory(path_);
    const std::string options = fmt::format("size={},nr_inodes={},mode=0777", bytes, names);
    mounted_ = ::unshare(CLONE_NEWNS) == 0 &&
               ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_mounted() const { return mounted_; }
  const std::string& path() const { return path_; }

  // Not a byte more.
  void fill_bytes() const {
    const std::string block(4096, 'x');
    const int fd = ::open((path_ + "/filler.bytes").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    while (::write(fd, block.data(), block.size()) > 0) {
    }
    ::close(fd);
  }
  // Neither a byte nor a name more.
  void fill() const {
    fill_bytes();
    for (int i = 0, fd = 0; fd >= 0; ++i) {
      fd = ::open(fmt::format("{}/filler.{}", path_, i).c_str(), O_WRONLY | O_CREAT, 0600);
      if (fd >= 0) ::close(fd);
    }
  }
  void make_room() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (entry.path().filename().string().starts_with("filler.")) {
        std::filesystem::remove(entry.path());
      }
    }
  }

 private:
  ScratchFolder scratch_;
  std::string path_;
  bool mounted_ = false;
};

}  // namespace mendel::testing
