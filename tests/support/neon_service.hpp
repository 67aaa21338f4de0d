// NeonService: what Neon's API version 2 documents of one project, on the loopback: settings,
// endpoints, branches, and operations that take a while. Refuses a wrong key, an unknown path and a
// body it does not know.
// Threads: play() and asked() may be called on any.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "shared/config/value.hpp"
#include "tests/support/http_server.hpp"

namespace mendel::testing {

inline constexpr const char* kNeonKey = "neon_key_nobody_may_see";
inline constexpr const char* kNeonProject = "cool-forest-12345678";

class NeonService {
 public:
  NeonService();

  std::string url() const { return server_->url() + "/api/v2"; }
  // "PATCH /endpoints/ep-cool-forest-1 {…}": what was asked for below the project.
  std::vector<std::string> asked() const;

  struct Script {
    std::deque<ServedResponse> troubles;  // answered in turn before anything else is
    // How often an operation is asked for before it has ended; 0 = it has at once.
    int polls = 0;
    std::string ends_as = "finished";  // or "failed"
  };
  void play(Script script);

 private:
  ServedResponse answer(const ServedRequest& request);
  ServedResponse branches(const std::string& method, const std::string& path,
                          const config::Value& body);
  config::Value operations();

  std::mutex mutex_;
  Script script_;
  config::Value project_;
  config::Value endpoint_;
  std::vector<config::Value> branches_;
  std::map<std::string, int> polled_;
  std::unique_ptr<HttpServer> server_;  // last: it uses all of the above
};

}  // namespace mendel::testing
