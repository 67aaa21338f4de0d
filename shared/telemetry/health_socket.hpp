// HealthSocket: answers GET /healthz and /readyz on a unix socket, from a thread of its own, so
// that a stage whose loop hangs still says so. `curl --unix-socket FILE http://stage/healthz` works
// too. Threads: the handler is called on the socket's thread; everything else on the owner's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "shared/base/result.hpp"

namespace mendel::telemetry {

struct Response {
  int status = 200;
  std::string body;  // one JSON object
};

using Handler = std::function<Response(std::string_view target)>;

class HealthSocket {
 public:
  // `path` must not exist. Errors name the path and what to do.
  static Result<std::unique_ptr<HealthSocket>> serve(const std::string& path, Handler handler);
  // Stops the thread and removes the file.
  ~HealthSocket();
  HealthSocket(const HealthSocket&) = delete;
  HealthSocket& operator=(const HealthSocket&) = delete;

  const std::string& path() const { return path_; }

 private:
  HealthSocket(std::string path, int listener, int stop, Handler handler);
  void answer_until_stopped();
  void answer(int connection) const;

  std::string path_;
  int listener_;
  int stop_;  // eventfd
  Handler handler_;
  std::thread thread_;
};

// Asks a health socket; an error when nobody answers within timeout_ms.
Result<Response> ask_health(const std::string& path, std::string_view target,
                            std::int64_t timeout_ms);

// The health sockets in `run` whose process lives, sorted; `stage` "" = of every stage. Files that
// dead processes left are removed.
std::vector<std::string> health_sockets(const std::string& run, std::string_view stage);

}  // namespace mendel::telemetry
