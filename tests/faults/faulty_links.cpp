#include "tests/faults/faulty_links.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "shared/base/check.hpp"
#include "shared/base/time.hpp"

namespace mendel::faults {
namespace {

constexpr std::size_t kWayBytesMax = 4 << 20;
constexpr int kTurnMs = 5;

sockaddr_in address_of(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// -1 when somebody else is there.
int listen_on(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = address_of(port);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::listen(fd, 64) == 0;
  if (bound) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

std::vector<int> free_ports(std::size_t count) {
  constexpr int kFirst = 15'000;
  constexpr int kCount = 15'000;
  static int next = static_cast<int>((::getpid() * 37) % kCount);
  std::vector<int> ports;
  for (int tried = 0; ports.size() < count && tried < kCount; ++tried) {
    const int port = kFirst + next;
    next = (next + 1) % kCount;
    const int fd = listen_on(port);
    if (fd < 0) continue;
    ::close(fd);
    ports.push_back(port);
  }
  check(ports.size() == count, "ports that are free");
  return ports;
}

FaultyLinks::FaultyLinks(const std::vector<Link>& links) : links_(links) {
  for (const Link& link : links_) {
    listeners_.push_back(listen_on(link.from));
    check(listeners_.back() >= 0, "a port to listen on");
  }
  thread_ = std::thread([this] { run(); });
}

FaultyLinks::~FaultyLinks() {
  over_ = true;
  thread_.join();
  for (const auto& pair : pairs_) close(*pair);
  for (const int fd : listeners_) ::close(fd);
}

void FaultyLinks::close(Pair& pair) {
  for (int& fd : pair.ends) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  pair.broken = true;
}

void FaultyLinks::accept(std::size_t listener) {
  const int near = ::accept4(listeners_[listener], nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (near < 0) return;
  const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = address_of(links_[listener].to);
  // On the loopback this is answered at once, either way.
  if (::connect(far, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(near);
    ::close(far);
    return;
  }
  ::fcntl(far, F_SETFL, O_NONBLOCK);
  auto pair = std::make_unique<Pair>();
  pair->ends[0] = near;
  pair->ends[1] = far;
  pairs_.push_back(std::move(pair));
}

void FaultyLinks::read(Pair& pair, int end) const {
  char bytes[64 << 10];
  const ssize_t got = ::recv(pair.ends[end], bytes, sizeof bytes, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    pair.broken = true;
    return;
  }
  Way& way = pair.ways[end];
  const std::int64_t due = read_clocks().monotonic_ns + delay_ms_ * kNsPerMs;
  way.chunks.push_back({due, std::string(bytes, static_cast<std::size_t>(got))});
  way.bytes += static_cast<std::size_t>(got);
}

void FaultyLinks::write(Pair& pair, int end) {
  Way& way = pair.ways[end];
  const std::int64_t now = read_clocks().monotonic_ns;
  while (!way.chunks.empty() && way.chunks.front().due_ns <= now) {
    Chunk& chunk = way.chunks.front();
    const ssize_t put =
        ::send(pair.ends[1 - end], chunk.bytes.data(), chunk.bytes.size(), MSG_NOSIGNAL);
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (put < 0) {
      pair.broken = true;
      return;
    }
    carried_bytes_ += static_cast<std::uint64_t>(put);
    way.bytes -= static_cast<std::size_t>(put);
    chunk.bytes.erase(0, static_cast<std::size_t>(put));
    if (!chunk.bytes.empty()) return;
    way.chunks.pop_front();
  }
}

void FaultyLinks::run() {
  int cut = cuts_;
  while (!over_) {
    std::vector<pollfd> polled;
    for (const int fd : listeners_) polled.push_back({fd, POLLIN, 0});
    const bool held = held_;
    for (const auto& pair : pairs_) {
      for (int end = 0; end < 2; ++end) {
        const bool room = !held && pair->ways[end].bytes < kWayBytesMax;
        polled.push_back({pair->ends[end], static_cast<short>(room ? POLLIN : 0), 0});
      }
    }
    // Without anything to read it may still be time to write.
    ::poll(polled.data(), polled.size(), kTurnMs);
    const std::size_t pairs = pairs_.size();
    for (std::size_t i = 0; i < pairs && !held; ++i) {
      Pair& pair = *pairs_[i];
      for (int end = 0; end < 2; ++end) {
        const pollfd& one = polled[listeners_.size() + 2 * i + static_cast<std::size_t>(end)];
        if ((one.revents & (POLLIN | POLLHUP | POLLERR)) != 0) read(pair, end);
        write(pair, end);
      }
    }
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      if ((polled[i].revents & POLLIN) != 0) accept(i);
    }
    const bool cut_now = cut != cuts_;
    cut = cuts_;
    for (const auto& pair : pairs_) {
      if (pair->broken || cut_now) close(*pair);
    }
    std::erase_if(pairs_, [](const auto& pair) { return pair->broken; });
  }
}

}  // namespace mendel::faults
