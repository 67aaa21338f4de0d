// Poller: waits for sockets and plain descriptors (eventfd, signalfd) at once.
// Threads: one thread, the one that owns the sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "shared/sockets/socket.hpp"

namespace mendel::sockets {

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(Poller&&) noexcept;
  Poller& operator=(Poller&&) noexcept;

  void clear();
  // What to wait for; the socket must outlive the wait. Returns the index to ask about.
  std::size_t watch(Socket& socket, bool read, bool write);
  std::size_t watch(int descriptor);

  // Waits until something is ready or timeout_ms have passed; a signal also ends the wait.
  // Returns how many are ready.
  int wait(std::int64_t timeout_ms);
  bool readable(std::size_t index) const;
  bool writable(std::size_t index) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mendel::sockets
