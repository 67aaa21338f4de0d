// What Socket and Poller share of cppzmq; included by nobody else.
// Threads: as Socket.
#pragma once

#include <string>
#include <zmq.hpp>

#include "shared/sockets/socket.hpp"

namespace mendel::sockets {

struct Context::Impl {
  zmq::context_t context{1};  // one I/O thread carries more than six stages need
};

struct Socket::Impl {
  zmq::socket_t socket;
  Kind kind;
  std::string name;
  bool closed = false;
};

}  // namespace mendel::sockets
