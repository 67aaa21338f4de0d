#include "shared/telemetry/metrics_server.hpp"

#include <CivetServer.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "shared/base/check.hpp"

namespace mendel::telemetry {
namespace {

// Two idle connections starve the library's default of two threads.
constexpr int kThreads = 32;
constexpr int kRequestMsMax = 2000;  // idle connections hold their thread that long

class Collected : public prometheus::Collectable {
 public:
  explicit Collected(const Metrics& metrics) : metrics_(metrics) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const auto& [name, metrics] : metrics_.by_name()) {
      const bool counter = name.ends_with("_total");
      prometheus::MetricFamily family;
      family.name = name;
      family.type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
      for (const Metric& metric : metrics) {
        prometheus::ClientMetric& series = family.metric.emplace_back();
        for (const auto& [label, value] : metric.labels) {
          prometheus::ClientMetric::Label& entry = series.label.emplace_back();
          entry.name = label;
          entry.value = value;
        }
        (counter ? series.counter.value : series.gauge.value) = metric.value;
      }
      families.push_back(std::move(family));
    }
    return families;
  }

 private:
  const Metrics& metrics_;
};

// The library keeps civetweb's user data for itself, so the probe of the one server of this
// process is found here.
std::mutex probe_mutex;
Handler the_probe;

// What a person sees who opens the address in a browser.
constexpr std::string_view kFrontPage =
    "Mendel's monitor\n\n"
    "/metrics  all metrics of the pipeline, in Prometheus' format\n"
    "/healthz  200 while this process works\n"
    "/readyz   200 while it can do its work, and why not\n\n"
    "docs/monitoring.md explains all metrics, docs/operating.md the alerts.";

int answer(mg_connection* connection, const Response& response, std::string_view type) {
  const std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
      "Connection: close\r\n\r\n{}\n",
      response.status, response.status == 200 ? "OK" : "Service Unavailable", type,
      response.body.size() + 1, response.body);
  mg_write(connection, text.data(), text.size());
  return response.status;
}

int answer_probe(mg_connection* connection) {
  const char* uri = mg_get_request_info(connection)->local_uri;
  const std::string_view target = uri ? uri : "";  // "OPTIONS *" has none
  if (target == "/") return answer(connection, {200, std::string(kFrontPage)}, "text/plain");
  if (target != "/healthz" && target != "/readyz") return 0;
  Response response{503, "{}"};
  {
    const std::lock_guard lock(probe_mutex);
    if (the_probe) response = the_probe(target);
  }
  return answer(connection, response, "application/json");
}

int keep_silent(const mg_connection*, const char*) { return 1; }

// civetweb looks at its stop flag every two seconds, or when somebody connects: so we do.
void knock(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const std::string host = address.substr(0, colon);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
  if (host == "0.0.0.0" || ::inet_pton(AF_INET, host.c_str(), &server.sin_addr) != 1) {
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  (void)!::connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server);
  ::poll(nullptr, 0, 20);
  ::close(fd);
}

Error refused(const std::string& address, std::string_view why) {
  return configuration_error(
      fmt::format("monitor.listen = {}: {}; choose another address "
                  "(MENDEL_MONITOR_LISTEN=127.0.0.1:0 takes any "
                  "free port)",
                  address, why));
}

}  // namespace

std::string exposition(const Metrics& metrics) {
  return prometheus::TextSerializer().Serialize(Collected(metrics).Collect());
}

Status check_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const char* end = address.data() + address.size();
  int port = -1;
  if (colon == std::string::npos || colon == 0 ||
      std::from_chars(address.data() + colon + 1, end, port).ptr != end || port < 0 ||
      port > 65535) {
    return refused(address, "expected host:port");
  }
  return {};
}

struct MetricsServer::Impl {
  std::shared_ptr<Collected> collected;
  std::unique_ptr<prometheus::Exposer> exposer;
};

Result<std::unique_ptr<MetricsServer>> MetricsServer::serve(const std::string& address,
                                                            const Metrics& metrics, Handler probe) {
  if (Status ok = check_address(address); !ok) return ok.error();
  {
    const std::lock_guard lock(probe_mutex);
    check(!the_probe, "one metrics server a process");
    the_probe = std::move(probe);
  }
  CivetCallbacks callbacks;
  callbacks.begin_request = answer_probe;
  callbacks.log_message = keep_silent;
  auto impl = std::make_unique<Impl>();
  std::string served = address;
  impl->collected = std::make_shared<Collected>(metrics);
  try {
    const std::vector<std::string> options = {
        "listening_ports",    address,
        "num_threads",        fmt::format("{}", kThreads),
        "request_timeout_ms", fmt::format("{}", kRequestMsMax)};
    impl->exposer = std::make_unique<prometheus::Exposer>(options, &callbacks);
    impl->exposer->RegisterCollectable(impl->collected);
    const std::vector<int> ports = impl->exposer->GetListeningPorts();
    if (!ports.empty()) {
      served = fmt::format("{}:{}", address.substr(0, address.rfind(':')), ports.front());
    }
  } catch (const std::exception&) {
    const std::lock_guard lock(probe_mutex);
    the_probe = nullptr;
    return refused(address, "cannot be served, another process uses it or it is not ours");
  }
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl), std::move(served)));
}

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl, std::string address)
    : impl_(std::move(impl)), address_(std::move(address)) {}

MetricsServer::~MetricsServer() {
  std::atomic<bool> stopped = false;
  std::thread waker([&] {
    while (!stopped) knock(address_);
  });
  impl_.reset();
  stopped = true;
  waker.join();
  const std::lock_guard lock(probe_mutex);
  the_probe = nullptr;
}

}  // namespace mendel::telemetry
