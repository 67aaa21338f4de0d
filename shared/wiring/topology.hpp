// Topology: what topology/*.ini says, resolved and checked.
// Threads: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/config/options.hpp"
#include "shared/wiring/edges.hpp"

namespace mendel::wiring {

struct EdgeWiring {
  Edge edge = Edge::bars;
  std::string endpoint;        // "ipc:///…", "tcp://host:port": where others connect to
  std::string listen;          // what `bind` binds: the endpoint, with "*" for a host's name
  std::string bind;            // the stage that binds; all others connect
  int high_water_mark = 1000;  // messages
};

// The address that serves an endpoint: a host's name cannot be bound, so it becomes "*".
std::string listening_address(const std::string& endpoint);

class Topology {
 public:
  // Reads and checks an INI file: every edge present, binds known, ipc paths short enough (107
  // bytes), no bind beyond loopback unless `[pipeline] insecure_bind = yes`. `state` is the state
  // directory (absolute), substituted for ${state}.
  static Result<Topology> read(const std::string& file, const std::string& state);

  const EdgeWiring& edge(Edge edge) const;
  const std::vector<EdgeWiring>& edges() const { return edges_; }
  const std::string& state() const { return state_; }
  const std::string& file() const { return file_; }

  // A setting "section.key" ("evaluator.threads"), from the INI file or MENDEL_SECTION_KEY, else
  // `fallback`. Requires that settings.cpp lists the key.
  std::string setting(std::string_view key, std::string_view fallback = "") const;
  Result<std::int64_t> integer(std::string_view key, std::int64_t fallback, std::int64_t least,
                               std::int64_t most) const;
  // All settings as `section.key = value`, secrets (keys with dsn, password, secret) redacted.
  std::string resolved() const;

  // `pipeline.store`, `pipeline.run` (sockets, pid and health files; 0700), `pipeline.inbox`.
  std::string store() const { return setting("pipeline.store"); }
  std::string run() const { return setting("pipeline.run"); }
  std::string inbox() const { return setting("pipeline.inbox"); }

 private:
  Topology() = default;

  std::string file_;
  std::string state_;
  config::Ini settings_;
  std::vector<EdgeWiring> edges_;
};

// The text picture of the pipeline with its endpoints: `mendel graph`, and ARCHITECTURE's picture.
std::string draw(const Topology& topology);

}  // namespace mendel::wiring
