#include "stages/monitor/process.hpp"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <variant>

#include "shared/base/log.hpp"
#include "shared/telemetry/metrics.hpp"
#include "shared/telemetry/metrics_server.hpp"
#include "shared/wire/codec.hpp"
#include "stages/monitor/monitor.hpp"
#include "stages/monitor/tap_proxy.hpp"

namespace mendel::monitor {
namespace {

using runtime::Delivery;
using runtime::Edge;
using runtime::Outbox;

constexpr const char* kListenDefault = "127.0.0.1:9464";
constexpr std::int64_t kStalledNs = 30 * kNsPerSecond;

std::string listen_address(const wiring::Topology& topology) {
  return topology.setting("monitor.listen", kListenDefault);
}

// What the threads of the metrics server read.
struct Shared {
  telemetry::Metrics metrics;
  std::atomic<std::int64_t> turned_ns{0};
  std::atomic<std::size_t> processes_up{0};

  telemetry::Response probe() const {
    const std::int64_t silent = read_clocks().monotonic_ns - turned_ns;
    const bool healthy = turned_ns == 0 || silent < kStalledNs;
    return {healthy ? 200 : 503,
            fmt::format(R"({{"stage":"monitor","healthy":{},"ready":{},"processes_up":{}}})",
                        healthy, healthy, processes_up.load())};
  }
};

class Process : public runtime::Stage {
 public:
  Process(std::unique_ptr<sockets::Context> context, TapProxy proxy, std::unique_ptr<Shared> shared,
          std::unique_ptr<telemetry::MetricsServer> server, std::string address_file)
      : context_(std::move(context)),
        proxy_(std::move(proxy)),
        shared_(std::move(shared)),
        server_(std::move(server)),
        address_file_(std::move(address_file)) {}

  ~Process() override {
    std::error_code ignored;
    std::filesystem::remove(address_file_, ignored);
  }

  void receive(Delivery delivery, Now now, Outbox&) override {
    if (const auto* progress = std::get_if<wire::Progress>(&delivery.message)) {
      monitor_.hear(*progress, now);
    }
  }

  int work(Now now, Outbox&) override {
    shared_->turned_ns = now.monotonic_ns;
    const int passed = proxy_.pass([&](const sockets::Frame& frame) { see(frame, now); });
    passed_ += static_cast<std::uint64_t>(passed);
    monitor_.tick(now);
    for (Group& group : monitor_.changes()) {
      if (group.metrics.empty()) {
        shared_->metrics.remove(group.name);
      } else {
        left_out_ += shared_->metrics.replace(group.name, std::move(group.metrics));
      }
    }
    shared_->processes_up = monitor_.processes_up();
    return passed;
  }

  std::vector<int> wake_descriptors() const override { return proxy_.descriptors(); }
  std::vector<std::string> topics(Edge) const override { return {"progress."}; }

  void samples(std::vector<wire::Sample>& out) const override {
    out.push_back({"tapped_total", "", static_cast<double>(passed_)});
    out.push_back({"taps_bad_total", "", static_cast<double>(bad_)});
    out.push_back({"series_left_out_total", "", static_cast<double>(left_out_)});
    out.push_back({"processes_up", "", static_cast<double>(monitor_.processes_up())});
  }

 private:
  void see(const sockets::Frame& frame, Now now) {
    if (!frame.topic.starts_with("stat.")) return;
    const Result<wire::Message> message = wire::decode(frame.bytes);
    const auto* stat = message ? std::get_if<wire::Stat>(&*message) : nullptr;
    if (stat != nullptr) {
      monitor_.hear(*stat, now);
      return;
    }
    ++bad_;
    log::repeated(log::Level::warn, "bad stat",
                  fmt::format("{}: a frame is no statistics: {}", frame.topic,
                              message ? "it is another message" : message.error().message));
  }

  // The order of destruction: the server and the sockets go before what they refer to.
  std::unique_ptr<sockets::Context> context_;
  TapProxy proxy_;
  std::unique_ptr<Shared> shared_;
  std::unique_ptr<telemetry::MetricsServer> server_;
  std::string address_file_;
  Monitor monitor_;
  std::uint64_t passed_ = 0;
  std::uint64_t bad_ = 0;
  std::uint64_t left_out_ = 0;
};

Result<std::unique_ptr<runtime::Stage>> make(const runtime::StageContext& context) {
  auto shared = std::make_unique<Shared>();
  auto server = telemetry::MetricsServer::serve(
      listen_address(context.topology), shared->metrics,
      [seen = shared.get()](std::string_view) { return seen->probe(); });
  if (!server) return server.error();
  auto sockets_context = std::make_unique<sockets::Context>();
  Result<TapProxy> proxy = TapProxy::open(*sockets_context, context.topology);
  if (!proxy) return proxy.error();
  const std::string address_file = context.topology.run() + "/monitor.http";
  std::ofstream(address_file) << (*server)->address() << "\n";
  log::info("metrics at http://{}/metrics", (*server)->address());
  return std::unique_ptr<runtime::Stage>(
      std::make_unique<Process>(std::move(sockets_context), std::move(*proxy), std::move(shared),
                                std::move(*server), address_file));
}

}  // namespace

runtime::StageDefinition definition() {
  runtime::StageDefinition stage;
  stage.name = "monitor";
  stage.summary = "collects what the other stages say of themselves; serves /metrics and taps";
  stage.check = [](const runtime::StageContext& context) {
    return telemetry::check_address(listen_address(context.topology));
  };
  stage.make = make;
  return stage;
}

}  // namespace mendel::monitor
