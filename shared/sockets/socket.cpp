#include "shared/sockets/socket.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "shared/base/check.hpp"
#include "shared/sockets/impl.hpp"

namespace mendel::sockets {
namespace {

constexpr int kReconnectMs = 100;
constexpr int kReconnectMaxMs = 2000;
constexpr int kHandshakeMs = 5000;
// A peer whose host vanished is noticed after 10 + 3 * 3 s.
constexpr int kKeepaliveIdleS = 10;
constexpr int kKeepaliveIntervalS = 3;
constexpr int kKeepaliveCount = 3;

zmq::socket_type type_of(Kind kind) {
  switch (kind) {
    case Kind::push:
      return zmq::socket_type::push;
    case Kind::pull:
      return zmq::socket_type::pull;
    case Kind::xpub:
      return zmq::socket_type::xpub;
    case Kind::sub:
      return zmq::socket_type::sub;
    case Kind::xsub:
      return zmq::socket_type::xsub;
  }
  return zmq::socket_type::pull;
}

void set_options(zmq::socket_t& socket, const SocketOptions& options) {
  namespace opt = zmq::sockopt;
  socket.set(opt::linger, 0);
  socket.set(opt::sndhwm, options.high_water_mark);
  socket.set(opt::rcvhwm, options.high_water_mark);
  socket.set(opt::reconnect_ivl, kReconnectMs);
  socket.set(opt::reconnect_ivl_max, kReconnectMaxMs);
  socket.set(opt::handshake_ivl, kHandshakeMs);
  socket.set(opt::tcp_keepalive, 1);
  socket.set(opt::tcp_keepalive_idle, kKeepaliveIdleS);
  socket.set(opt::tcp_keepalive_intvl, kKeepaliveIntervalS);
  socket.set(opt::tcp_keepalive_cnt, kKeepaliveCount);
  // On a connecting socket an oversized frame would end it for good, silently.
  if (options.bind) socket.set(opt::maxmsgsize, kMessageBytesMax);
  // Queue only for peers that are there: a message to nobody stays with the sender.
  if (options.kind == Kind::push) socket.set(opt::immediate, 1);
  if (options.kind == Kind::xpub && options.verbose) socket.set(opt::xpub_verbose, 1);
}

// A second bind on an ipc path steals it silently, so ask whether somebody answers there first.
bool somebody_listens(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const int answer = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const bool listens = answer == 0 || errno == EAGAIN;  // EAGAIN: its backlog is full
  ::close(fd);
  return listens;
}

Error taken_error(const SocketOptions& options) {
  return transient_error(
      fmt::format("edge {}: {} is in use by another process; stop it ('mendel status' shows who "
                  "runs) or choose another endpoint in the topology",
                  options.name, options.endpoint));
}

Error open_error(const SocketOptions& options, const zmq::error_t& error) {
  if (error.num() == EADDRINUSE) return taken_error(options);
  return configuration_error(fmt::format(
      "edge {}: cannot {} {}: {}; check [{}] in the topology and that the folder or address exists",
      options.name, options.bind ? "bind" : "connect to", options.endpoint, error.what(),
      options.name));
}

// One try to send a part; false = it would block.
bool send_part(zmq::socket_t& socket, std::string_view part, bool more) {
  const auto flags =
      more ? zmq::send_flags::dontwait | zmq::send_flags::sndmore : zmq::send_flags::dontwait;
  while (true) {
    try {
      return socket.send(zmq::buffer(part), flags).has_value();
    } catch (const zmq::error_t& error) {
      if (error.num() == EHOSTUNREACH) return false;
      check(error.num() == EINTR, std::string("zmq send: ") + error.what());
    }
  }
}

bool receive_part(zmq::socket_t& socket, zmq::message_t& part) {
  while (true) {
    try {
      return socket.recv(part, zmq::recv_flags::dontwait).has_value();
    } catch (const zmq::error_t& error) {
      check(error.num() == EINTR, std::string("zmq receive: ") + error.what());
    }
  }
}

// All parts of the next message; at most `parts_max` are kept. Returns how many there were.
std::size_t receive_parts(zmq::socket_t& socket, std::vector<std::string>& parts,
                          std::size_t parts_max) {
  std::size_t count = 0;
  zmq::message_t part;
  while (receive_part(socket, part)) {
    if (++count <= parts_max) parts.emplace_back(part.data<char>(), part.size());
    if (!part.more()) break;
  }
  return count;
}

}  // namespace

Context::Context() : impl_(std::make_unique<Impl>()) {}
Context::~Context() = default;

Socket::Socket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Socket::~Socket() {
  if (impl_ && !impl_->closed) close(0);
}
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&&) noexcept = default;

Result<Socket> Socket::open(Context& context, const SocketOptions& options) {
  constexpr std::string_view kIpc = "ipc://";
  if (options.bind && options.endpoint.starts_with(kIpc) &&
      somebody_listens(options.endpoint.substr(kIpc.size()))) {
    return taken_error(options);
  }
  try {
    zmq::socket_t socket(context.impl_->context, type_of(options.kind));
    set_options(socket, options);
    options.bind ? socket.bind(options.endpoint) : socket.connect(options.endpoint);
    return Socket(
        std::make_unique<Impl>(Impl{std::move(socket), options.kind, options.name, false}));
  } catch (const zmq::error_t& error) {
    return open_error(options, error);
  }
}

bool Socket::send(std::string_view topic, std::string_view bytes, std::string_view trailer) {
  if (impl_->kind == Kind::push) return send_part(impl_->socket, bytes, false);
  check(impl_->kind == Kind::xpub, "only PUSH and XPUB send");
  // Once the first part is taken, libzmq takes the others.
  if (!send_part(impl_->socket, topic, true)) return false;
  send_part(impl_->socket, bytes, !trailer.empty());
  if (!trailer.empty()) send_part(impl_->socket, trailer, false);
  return true;
}

std::optional<Frame> Socket::receive() {
  std::vector<std::string> parts;
  const bool published = impl_->kind != Kind::pull;
  const std::size_t count = receive_parts(impl_->socket, parts, 3);
  if (count == 0) return std::nullopt;
  Frame frame;
  frame.well_formed = published ? count == 2 || count == 3 : count == 1;
  parts.resize(3);
  if (published) frame.topic = std::exchange(parts[0], std::move(parts[1]));
  frame.bytes = std::move(parts[0]);
  if (published) frame.trailer = std::move(parts[2]);
  return frame;
}

std::optional<SubscriptionEvent> Socket::subscription() {
  check(impl_->kind == Kind::xpub, "only an XPUB knows its readers");
  while (true) {
    std::vector<std::string> parts;
    if (receive_parts(impl_->socket, parts, 1) == 0) return std::nullopt;
    const std::string& event = parts.front();
    // Readers may also send other messages upstream; those mean nothing here.
    if (event.empty() || (event[0] != '\0' && event[0] != '\1')) continue;
    return SubscriptionEvent{event.substr(1), event[0] == '\1'};
  }
}

void Socket::subscribe(std::string_view topic) {
  if (impl_->kind == Kind::sub) {
    impl_->socket.set(zmq::sockopt::subscribe, topic);
  } else {
    check(impl_->kind == Kind::xsub, "only SUB and XSUB subscribe");
    send_part(impl_->socket, "\1" + std::string(topic), false);
  }
}

void Socket::unsubscribe(std::string_view topic) {
  if (impl_->kind == Kind::sub) {
    impl_->socket.set(zmq::sockopt::unsubscribe, topic);
  } else {
    check(impl_->kind == Kind::xsub, "only SUB and XSUB subscribe");
    send_part(impl_->socket, std::string(1, '\0') + std::string(topic), false);
  }
}

void Socket::touch() { (void)impl_->socket.get(zmq::sockopt::events); }

int Socket::descriptor() const { return impl_->socket.get(zmq::sockopt::fd); }

std::string Socket::endpoint() const { return impl_->socket.get(zmq::sockopt::last_endpoint); }

const std::string& Socket::name() const { return impl_->name; }

void Socket::close(int linger_ms) {
  impl_->socket.set(zmq::sockopt::linger, linger_ms);
  impl_->socket.close();
  impl_->closed = true;
}

}  // namespace mendel::sockets
