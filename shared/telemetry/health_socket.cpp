#include "shared/telemetry/health_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "shared/base/time.hpp"

namespace mendel::telemetry {
namespace {

constexpr std::size_t kRequestBytesMax = 4096;
constexpr std::size_t kResponseBytesMax = 1 << 20;
// One request is answered at a time: nobody may hold the socket longer than this.
constexpr std::int64_t kConnectionMsMax = 1000;
constexpr int kWaitingMax = 128;
constexpr std::string_view kSuffix = ".health";

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

std::int64_t monotonic_ms() { return read_clocks().monotonic_ns / kNsPerMs; }

// Waits for `events` on `fd`; false when the deadline passed.
bool wait_for(int fd, short events, std::int64_t deadline_ms) {
  while (true) {
    const std::int64_t left = deadline_ms - monotonic_ms();
    if (left <= 0) return false;
    pollfd item{fd, events, 0};
    const int ready = ::poll(&item, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

// Reads until `enough` says so, the peer closes, the limit or the deadline is reached.
template <class Enough>
std::string read_some(int fd, std::size_t bytes_max, std::int64_t deadline_ms, Enough enough) {
  std::string text;
  char block[4096];
  while (text.size() < bytes_max && !enough(text) && wait_for(fd, POLLIN, deadline_ms)) {
    const ssize_t got = ::recv(fd, block, sizeof block, MSG_DONTWAIT);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) break;
    text.append(block, static_cast<std::size_t>(got));
  }
  return text;
}

bool write_all(int fd, std::string_view text, std::int64_t deadline_ms) {
  while (!text.empty() && wait_for(fd, POLLOUT, deadline_ms)) {
    const ssize_t put = ::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (put < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return text.empty();
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    default:
      return "Service Unavailable";
  }
}

// A connected socket, or the errno of the attempt.
int connect_to(const std::string& path, int& error) {
  const std::optional<sockaddr_un> address = address_of(path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  error = ENAMETOOLONG;
  if (fd >= 0 && address) {
    error = 0;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0) {
      return fd;
    }
    error = errno;
  }
  if (fd >= 0) ::close(fd);
  return -1;
}

// Sockets get their names, and lose them when they are dead, under the folder's lock: else one that
// was found dead could be another's by the time it is removed.
class NamingLock {
 public:
  explicit NamingLock(const std::filesystem::path& folder)
      : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    // One who stands still with the lock must not keep others from starting.
    for (int i = 0; folder_ >= 0 && i < kTries && ::flock(folder_, LOCK_EX | LOCK_NB) != 0; ++i) {
      ::poll(nullptr, 0, kTryMs);
    }
  }
  ~NamingLock() {
    if (folder_ >= 0) ::close(folder_);
  }
  NamingLock(const NamingLock&) = delete;
  NamingLock& operator=(const NamingLock&) = delete;

 private:
  static constexpr int kTries = 200;
  static constexpr int kTryMs = 5;

  int folder_;
};

void remove_if_dead(const std::filesystem::path& path) {
  const NamingLock lock(path.parent_path());
  int error = 0;
  const int fd = connect_to(path.string(), error);
  if (fd >= 0) ::close(fd);
  if (fd < 0 && error == ECONNREFUSED) ::unlink(path.c_str());
}

}  // namespace

Result<std::unique_ptr<HealthSocket>> HealthSocket::serve(const std::string& path,
                                                          Handler handler) {
  // It gets its name only once it listens: before, whoever looks for living processes would take it
  // for what a dead one left, and remove it.
  std::string unnamed = path;
  unnamed.back() = '~';
  const std::optional<sockaddr_un> address = address_of(unnamed);
  if (!address) {
    return configuration_error(
        fmt::format("{}: too long for a socket; choose a shorter state directory (--state)", path));
  }
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int stop = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  ::unlink(unnamed.c_str());
  const NamingLock lock(std::filesystem::path(path).parent_path());
  const bool bound =
      listener >= 0 && stop >= 0 &&
      ::bind(listener, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 &&
      ::listen(listener, kWaitingMax) == 0 && ::link(unnamed.c_str(), path.c_str()) == 0;
  const int error = errno;
  ::unlink(unnamed.c_str());
  if (!bound) {
    if (listener >= 0) ::close(listener);
    if (stop >= 0) ::close(stop);
    return configuration_error(
        fmt::format("{}: cannot be served: {}; check that the folder exists and is writable", path,
                    std::strerror(error)));
  }
  return std::unique_ptr<HealthSocket>(new HealthSocket(path, listener, stop, std::move(handler)));
}

HealthSocket::HealthSocket(std::string path, int listener, int stop, Handler handler)
    : path_(std::move(path)), listener_(listener), stop_(stop), handler_(std::move(handler)) {
  thread_ = std::thread([this] { answer_until_stopped(); });
}

HealthSocket::~HealthSocket() {
  const std::uint64_t one = 1;
  (void)!::write(stop_, &one, sizeof one);
  thread_.join();
  ::unlink(path_.c_str());
  ::close(listener_);
  ::close(stop_);
}

void HealthSocket::answer_until_stopped() {
  while (true) {
    pollfd items[] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
    if (::poll(items, 2, -1) < 0) continue;
    if (items[1].revents != 0) return;
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) continue;
    answer(connection);
    ::close(connection);
  }
}

void HealthSocket::answer(int connection) const {
  const std::int64_t deadline = monotonic_ms() + kConnectionMsMax;
  const std::string request =
      read_some(connection, kRequestBytesMax, deadline, [](const std::string& text) {
        return text.find("\r\n\r\n") != std::string::npos || text.find("\n\n") != std::string::npos;
      });
  Response response{400, R"({"error":"expected GET /healthz or /readyz"})"};
  const std::size_t end = request.find(' ', 4);
  if (request.starts_with("GET ") && end != std::string::npos) {
    const std::string target = request.substr(4, end - 4);
    if (target == "/healthz" || target == "/readyz") {
      response = handler_(target);
    } else {
      response.status = 404;
    }
  }
  response.body += "\n";
  write_all(connection,
            fmt::format("HTTP/1.0 {} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
                        "Connection: close\r\n\r\n{}",
                        response.status, reason_phrase(response.status), response.body.size(),
                        response.body),
            deadline);
}

Result<Response> ask_health(const std::string& path, std::string_view target,
                            std::int64_t timeout_ms) {
  int error = 0;
  const int fd = connect_to(path, error);
  if (fd < 0) return transient_error(fmt::format("{}: {}", path, std::strerror(error)));
  const std::int64_t deadline = monotonic_ms() + timeout_ms;
  std::string text;
  if (write_all(fd, fmt::format("GET {} HTTP/1.0\r\n\r\n", target), deadline)) {
    text = read_some(fd, kResponseBytesMax, deadline, [](const std::string&) { return false; });
  }
  ::close(fd);
  const std::size_t head = text.find("\r\n\r\n");
  Response response;
  if (head == std::string::npos || !text.starts_with("HTTP/1.0 ") ||
      std::from_chars(text.data() + 9, text.data() + 12, response.status).ec != std::errc{}) {
    return transient_error(fmt::format("{}: no answer within {} ms", path, timeout_ms));
  }
  response.body = text.substr(head + 4);
  return response;
}

std::vector<std::string> health_sockets(const std::string& run, std::string_view stage) {
  std::vector<std::string> paths;
  const std::string prefix = stage.empty() ? "" : fmt::format("{}.", stage);
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(run, failed)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kSuffix) || !name.starts_with(prefix)) continue;
    int error = 0;
    const int fd = connect_to(entry.path().string(), error);
    if (fd >= 0) ::close(fd);
    if (fd >= 0 || error == EAGAIN) {
      paths.push_back(entry.path().string());
    } else if (error == ECONNREFUSED) {
      remove_if_dead(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace mendel::telemetry
