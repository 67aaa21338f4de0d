#include "shared/sockets/poller.hpp"

#include <cerrno>
#include <string>
#include <vector>

#include "shared/base/check.hpp"
#include "shared/sockets/impl.hpp"

namespace mendel::sockets {

struct Poller::Impl {
  std::vector<zmq_pollitem_t> items;
};

Poller::Poller() : impl_(std::make_unique<Impl>()) {}
Poller::~Poller() = default;
Poller::Poller(Poller&&) noexcept = default;
Poller& Poller::operator=(Poller&&) noexcept = default;

void Poller::clear() { impl_->items.clear(); }

std::size_t Poller::watch(Socket& socket, bool read, bool write) {
  const int events = (read ? ZMQ_POLLIN : 0) | (write ? ZMQ_POLLOUT : 0);
  impl_->items.push_back({socket.impl_->socket.handle(), 0, static_cast<short>(events), 0});
  return impl_->items.size() - 1;
}

std::size_t Poller::watch(int descriptor) {
  impl_->items.push_back({nullptr, descriptor, ZMQ_POLLIN, 0});
  return impl_->items.size() - 1;
}

int Poller::wait(std::int64_t timeout_ms) {
  const int ready =
      zmq_poll(impl_->items.data(), static_cast<int>(impl_->items.size()), timeout_ms);
  if (ready >= 0) return ready;
  check(zmq_errno() == EINTR, std::string("zmq poll: ") + zmq_strerror(zmq_errno()));
  for (zmq_pollitem_t& item : impl_->items) item.revents = 0;
  return 0;
}

bool Poller::readable(std::size_t index) const {
  return (impl_->items.at(index).revents & ZMQ_POLLIN) != 0;
}

bool Poller::writable(std::size_t index) const {
  return (impl_->items.at(index).revents & ZMQ_POLLOUT) != 0;
}

}  // namespace mendel::sockets
