// Api: Neon's API, version 2 (https://api-docs.neon.tech/reference), as far as Mendel uses it.
//
// What is tried again: 423 (another operation is under way) and 503 always, for Neon acted on
// neither; what was never sent always; 429, 5xx and silence only for what merely reads. A change
// that got no answer may have been made: the error says so. A change ends when its operations have.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/value.hpp"
#include "shared/http/client.hpp"

namespace mendel::neon {

inline constexpr const char* kKeyVariable = "NEON_API_KEY";
inline constexpr const char* kKeyFileVariable = "NEON_API_KEY_FILE";
inline constexpr const char* kUrlVariable = "NEON_API_URL";
inline constexpr const char* kProjectVariable = "NEON_PROJECT_ID";
inline constexpr const char* kUrl = "https://console.neon.tech/api/v2";

inline constexpr std::int64_t kRetryMsFirst = 500;  // doubling, or what Retry-After says
inline constexpr std::int64_t kRetryMsMost = 16'000;
inline constexpr std::int64_t kRetryMsAll = 60'000;  // then it is given up
inline constexpr std::int64_t kPollMs = 1'000;
inline constexpr std::int64_t kOperationMsMax = 600'000;

struct ApiAccess {
  std::string url = kUrl;
  std::string key;
  std::string project;  // "cool-forest-12345678"
};

// From the environment: the key (NEON_API_KEY, or the file that NEON_API_KEY_FILE names), the URL
// and, where `project` is empty, the project. Configuration errors say what to set; the key goes
// over TLS or to the loopback only.
Result<ApiAccess> read_access(std::string project);

class Api {
 public:
  // `sleep_ms` waits between tries and polls.
  Api(ApiAccess access, std::unique_ptr<http::Client> http,
      std::function<void(std::int64_t)> sleep_ms);

  // `path` is behind /projects/<project>, "" = the project itself. The document that came back.
  Result<config::Value> read(const std::string& path);
  // All pages of a list: the items of `key`.
  Result<std::vector<config::Value>> read_all(const std::string& path, const std::string& key);
  // POST, PATCH or DELETE; returns when every operation that it began has finished.
  Result<config::Value> change(const std::string& method, const std::string& path,
                               const config::Value& body);

 private:
  Result<config::Value> request(const std::string& method, const std::string& path,
                                const std::string& body);
  Status await(const config::Value& answer);
  Error refused(const std::string& what, const http::Response& response) const;
  std::string without_key(std::string text) const;

  ApiAccess access_;
  std::unique_ptr<http::Client> http_;
  std::function<void(std::int64_t)> sleep_ms_;
};

// A part of a path or query, percent-encoded.
std::string url_part(std::string_view text);

}  // namespace mendel::neon
