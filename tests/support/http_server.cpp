#include "tests/support/http_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <utility>

#include "shared/base/check.hpp"

namespace mendel::testing {
namespace {

std::size_t content_length(std::string headers) {
  for (char& c : headers) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::size_t at = headers.find("content-length:");
  return at == std::string::npos ? 0 : std::strtoul(headers.c_str() + at + 15, nullptr, 10);
}

// The whole request, or what came before the peer closed.
ServedRequest read_request(int connection) {
  std::string text;
  std::size_t whole = std::string::npos;
  char buffer[4096];
  while (text.size() < whole) {
    const ssize_t got = ::read(connection, buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
    const std::size_t end = text.find("\r\n\r\n");
    if (whole == std::string::npos && end != std::string::npos)
      whole = end + 4 + content_length(text.substr(0, end));
  }
  ServedRequest request;
  const std::size_t line = text.find("\r\n");
  const std::size_t end = text.find("\r\n\r\n");
  if (line == std::string::npos || end == std::string::npos) return request;
  const std::size_t method = text.find(' ');
  const std::size_t path = text.find(' ', method + 1);
  request.method = text.substr(0, method);
  request.path = text.substr(method + 1, path - method - 1);
  request.headers = text.substr(line + 2, end - line);
  request.body = text.substr(end + 4);
  return request;
}

}  // namespace

HttpServer::HttpServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  check(listener_ >= 0 && ::bind(listener_, raw, size) == 0 && ::listen(listener_, 16) == 0 &&
            ::getsockname(listener_, raw, &size) == 0,
        "a loopback port can be listened on");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

HttpServer::~HttpServer() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  for (const int connection : silent_) ::close(connection);
  ::close(listener_);
}

std::string HttpServer::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

std::vector<ServedRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::serve() {
  for (;;) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;  // shut down
    const ServedRequest request = read_request(connection);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const ServedResponse response = handler_(request);
    if (response.silent) {
      silent_.push_back(connection);
      continue;
    }
    const std::string text = fmt::format(
        "HTTP/1.1 {} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
        "Connection: close\r\n{}\r\n{}",
        response.status, response.body.size(), response.headers, response.body);
    [[maybe_unused]] const auto sent = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    ::close(connection);
  }
}

}  // namespace mendel::testing
