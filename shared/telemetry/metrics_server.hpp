// MetricsServer: /metrics in Prometheus' text format, and /healthz and /readyz, over HTTP.
// Threads: serves from threads of its own (the probe is called there); at most one a process.
#pragma once

#include <memory>
#include <string>

#include "shared/base/result.hpp"
#include "shared/telemetry/health_socket.hpp"
#include "shared/telemetry/metrics.hpp"

namespace mendel::telemetry {

// All metrics in Prometheus' text format, for a node exporter's textfile collector.
std::string exposition(const Metrics& metrics);

// Whether it has the form host:port.
Status check_address(const std::string& address);

class MetricsServer {
 public:
  // `address` is "host:port", port 0 = any free one. `metrics` must outlive the server. A port in
  // use is a configuration error.
  static Result<std::unique_ptr<MetricsServer>> serve(const std::string& address,
                                                      const Metrics& metrics, Handler probe);
  ~MetricsServer();

  // With the port that is really served.
  const std::string& address() const { return address_; }

 private:
  struct Impl;
  MetricsServer(std::unique_ptr<Impl> impl, std::string address);
  std::unique_ptr<Impl> impl_;
  std::string address_;
};

}  // namespace mendel::telemetry
