#include "stages/monitor/process.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <variant>

#include "shared/base/log.hpp"
#include "shared/http/client.hpp"
#include "shared/telemetry/metrics.hpp"
#include "shared/telemetry/metrics_server.hpp"
#include "shared/wire/codec.hpp"
#include "stages/monitor/alerts.hpp"
#include "stages/monitor/monitor.hpp"
#include "stages/monitor/tap_proxy.hpp"
#include "stages/monitor/webhook.hpp"

namespace mendel::monitor {
namespace {

using runtime::Delivery;
using runtime::Edge;
using runtime::Outbox;

constexpr const char* kListenDefault = "127.0.0.1:9464";
constexpr std::int64_t kStalledNs = 30 * kNsPerSecond;
constexpr std::int64_t kTextfileEveryNs = 15 * kNsPerSecond;

std::string this_host() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0) return "unknown";
  return name;
}

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

struct Exports {
  std::unique_ptr<Webhook> webhook;  // or none
  std::string textfile;              // "" = none
};

class Process : public runtime::Stage {
 public:
  Process(std::unique_ptr<sockets::Context> context, TapProxy proxy, std::unique_ptr<Shared> shared,
          std::unique_ptr<telemetry::MetricsServer> server, std::string address_file,
          Exports exports)
      : context_(std::move(context)),
        proxy_(std::move(proxy)),
        shared_(std::move(shared)),
        server_(std::move(server)),
        address_file_(std::move(address_file)),
        exports_(std::move(exports)),
        alerts_(this_host()) {}

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
    if (looked_ns_ == 0 || now.monotonic_ns - looked_ns_ >= kLookEveryNs) look(now);
    for (Group& group : monitor_.changes()) {
      if (group.metrics.empty()) {
        shared_->metrics.remove(group.name);
      } else {
        left_out_ += shared_->metrics.replace(group.name, std::move(group.metrics));
      }
    }
    shared_->processes_up = monitor_.processes_up();
    if (now.monotonic_ns - written_ns_ >= kTextfileEveryNs) write_textfile(now);
    return passed;
  }

  std::vector<int> wake_descriptors() const override { return proxy_.descriptors(); }
  std::vector<std::string> topics(Edge) const override { return {"progress."}; }

  void samples(std::vector<wire::Sample>& out) const override {
    out.push_back({"tapped_total", "", static_cast<double>(passed_)});
    out.push_back({"taps_bad_total", "", static_cast<double>(bad_)});
    out.push_back({"series_left_out_total", "", static_cast<double>(left_out_)});
    out.push_back({"processes_up", "", static_cast<double>(monitor_.processes_up())});
    out.push_back({"alerts_firing", "", static_cast<double>(alerts_.firing())});
    for (const ActiveAlert& alert : alerts_.active()) {
      if (!alert.is_firing) continue;
      out.push_back({"alert_firing",
                     fmt::format("alertname=\"{}\",severity=\"{}\",of=\"{}\"", alert.rule->name,
                                 alert.rule->severity, alert.finding.stage),
                     1});
    }
    if (!exports_.webhook) return;
    const Webhook::Counts counts = exports_.webhook->counts();
    out.push_back({"webhook_posted_total", "", static_cast<double>(counts.posted)});
    out.push_back({"webhook_failed_total", "", static_cast<double>(counts.failed)});
    out.push_back({"webhook_dropped_total", "", static_cast<double>(counts.dropped)});
  }

 private:
  void look(Now now) {
    looked_ns_ = now.monotonic_ns;
    for (const config::Value& document : alerts_.look(monitor_.readings(), now)) {
      const config::Value* rule = document.find_path("groupLabels.alertname");
      const config::Value* says = document.find_path("commonAnnotations.summary");
      const bool fires = document.find("status")->as_text() == "firing";
      if (rule->as_text() != "MendelWatchdog") {
        log::write(fires ? log::Level::warn : log::Level::info,
                   fmt::format("alert {} {}: {}", rule->as_text(), fires ? "fires" : "is over",
                               says->as_text()));
      }
      if (exports_.webhook) exports_.webhook->post(config::to_json(document));
    }
  }

  // Written beside and renamed, so that nobody reads a half.
  void write_textfile(Now now) {
    written_ns_ = now.monotonic_ns;
    if (exports_.textfile.empty()) return;
    const std::string beside = exports_.textfile + ".tmp";
    std::ofstream file(beside, std::ios::binary);
    file << telemetry::exposition(shared_->metrics);
    file.close();
    std::error_code failed;
    if (file) std::filesystem::rename(beside, exports_.textfile, failed);
    if (file && !failed) return;
    log::repeated(log::Level::warn, "textfile",
                  fmt::format("monitor.textfile {}: cannot be written", exports_.textfile));
  }

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
  Exports exports_;
  Monitor monitor_;
  Alerts alerts_;
  std::int64_t looked_ns_ = 0;
  std::int64_t written_ns_ = 0;
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
  Exports exports;
  const std::string webhook = context.topology.setting("monitor.alert_webhook");
  if (!webhook.empty())
    exports.webhook = std::make_unique<Webhook>(webhook, http::open_client(kPostMsMax));
  exports.textfile = context.topology.setting("monitor.textfile");
  const std::string address_file = context.topology.run() + "/monitor.http";
  std::ofstream(address_file) << (*server)->address() << "\n";
  log::info("metrics at http://{}/metrics", (*server)->address());
  return std::unique_ptr<runtime::Stage>(
      std::make_unique<Process>(std::move(sockets_context), std::move(*proxy), std::move(shared),
                                std::move(*server), address_file, std::move(exports)));
}

}  // namespace

runtime::StageDefinition definition() {
  runtime::StageDefinition stage;
  stage.name = "monitor";
  stage.summary = "collects what the other stages say of themselves; serves /metrics and taps";
  stage.check = [](const runtime::StageContext& context) {
    if (Status address = telemetry::check_address(listen_address(context.topology)); !address)
      return address;
    const std::string webhook = context.topology.setting("monitor.alert_webhook");
    return webhook.empty() ? Status{} : check_webhook(webhook);
  };
  stage.make = make;
  return stage;
}

}  // namespace mendel::monitor
