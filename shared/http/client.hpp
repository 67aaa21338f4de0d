// Client: one HTTP request, one response (libcurl behind it). The seam at which tests put a server
// of their own words. Threads: one thread an object.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/result.hpp"

namespace mendel::http {

inline constexpr std::size_t kResponseBytesMax = 16 << 20;

struct Request {
  std::string method;  // "GET", "POST", "PATCH", "DELETE"
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;                  // JSON, or empty
};

struct Response {
  int status = 0;  // 0 = there was none: why says what happened
  std::string body;
  std::optional<int> retry_after_s;
  std::string why;        // of status 0: one line without secrets
  bool was_sent = false;  // of status 0: the server may have acted on it
};

class Client {
 public:
  virtual ~Client() = default;
  virtual Response exchange(const Request& request) = 0;
};

// Verifies the server's certificate, follows no redirect, gives up after `timeout_ms`.
std::unique_ptr<Client> open_client(std::int64_t timeout_ms);

}  // namespace mendel::http
