// Wake: an eventfd by which a worker thread ends the loop's wait.
// Threads: ring() on any, clear() on the loop thread.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "shared/base/check.hpp"

namespace mendel::data_loader {

class Wake {
 public:
  Wake() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    check(fd_ >= 0, "the kernel gives an eventfd");
  }
  ~Wake() { ::close(fd_); }
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  int descriptor() const { return fd_; }
  void ring() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);
  }
  void clear() const {
    std::uint64_t count = 0;
    while (::read(fd_, &count, sizeof count) > 0) {
    }
  }

 private:
  int fd_;
};

}  // namespace mendel::data_loader
