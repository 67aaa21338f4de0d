#include "shared/runtime/loop.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "shared/base/check.hpp"
#include "shared/base/log.hpp"
#include "shared/base/time.hpp"
#include "shared/runtime/usage.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::runtime {
namespace {

// At the end, for what libzmq has taken and not yet written.
constexpr int kLingerMs = 300;

}  // namespace

Result<std::unique_ptr<Loop>> Loop::open(Stage& stage, Board& board,
                                         const wiring::Topology& topology, int interrupt) {
  // One context a process: it is never destroyed before its sockets, and closing it would wait.
  static sockets::Context context;
  const Identity& identity = board.identity();
  Result<std::vector<Port>> ports = open_ports(context, topology, identity.stage);
  if (!ports) return ports.error();
  for (Port& port : *ports) {
    if (port.sending() || wiring::spec(port.edge()).pattern != wiring::Pattern::publish) continue;
    for (const std::string& topic : stage.topics(port.edge())) port.subscribe(topic);
  }
  Result<Tap> tap = Tap::open(context, topology, identity.stage, identity.incarnation);
  if (!tap) return tap.error();
  return std::unique_ptr<Loop>(
      new Loop(stage, board, interrupt, std::move(*ports), std::move(*tap)));
}

Loop::Loop(Stage& stage, Board& board, int interrupt, std::vector<Port> ports, Tap tap)
    : stage_(stage),
      board_(board),
      interrupt_(interrupt),
      ports_(std::move(ports)),
      tap_(std::move(tap)) {}

Loop::~Loop() {
  for (Port& port : ports_) port.close(kLingerMs);
}

int Loop::turn(std::int64_t wait_ms) {
  wait(done_ > 0 ? 0 : wait_ms);
  const Now now = read_clocks();
  board_.progress(now.monotonic_ns);
  tap_.read_subscriptions();
  done_ = read_ports(now);
  for (const Port& port : ports_) {
    if (port.sending()) stage_.backlog(port.edge(), port.backlog());
  }
  done_ += stage_.work(now, out_);
  done_ += send_outbox();
  for (Port& port : ports_) done_ += port.flush();
  report(now);
  return done_;
}

void Loop::request_stop() {
  stop_now_ = stop_asked_ns_ != 0;
  if (stop_now_) return;
  const Now now = read_clocks();
  stop_asked_ns_ = now.monotonic_ns;
  stage_.stop(now, out_);
  send_outbox();
}

bool Loop::finished() const {
  if (stage_.failure() != nullptr || stop_now_) return true;
  if (stop_asked_ns_ == 0) return false;
  const std::int64_t passed_ns = read_clocks().monotonic_ns - stop_asked_ns_;
  if (stage_.drained()) {
    // A peer that is going away too will not take what still waits for it.
    const bool sent = std::all_of(ports_.begin(), ports_.end(),
                                  [](const Port& port) { return port.backlog() == 0; });
    return sent || passed_ns >= kBacklogNsMax;
  }
  if (passed_ns < kDrainNsMax) return false;
  log::warn("not drained after {} s; what is lost will be asked for again",
            kDrainNsMax / kNsPerSecond);
  return true;
}

const Port& Loop::port(Edge edge) const {
  const Port* found = const_cast<Loop*>(this)->find(edge);
  check(found != nullptr, "the stage is an end of the edge");
  return *found;
}

void Loop::wait(std::int64_t wait_ms) {
  poller_.clear();
  for (Port& port : ports_) port.watch(poller_, !port.sending() && stage_.wants(port.edge()));
  tap_.watch(poller_);
  if (interrupt_ >= 0) poller_.watch(interrupt_);
  for (const int descriptor : stage_.wake_descriptors()) poller_.watch(descriptor);
  poller_.wait(wait_ms);
}

int Loop::read_ports(Now now) {
  int read = 0;
  for (Port& port : ports_) {
    if (port.publishing()) {
      while (const auto event = port.subscription()) {
        stage_.subscription(port.edge(), event->topic, event->joined, now, out_);
        ++read;
      }
    }
    if (port.sending()) continue;
    for (int i = 0; i < kReceivedPerTurnMax && stage_.wants(port.edge()); ++i) {
      std::optional<Port::Arrival> arrival = port.receive();
      if (!arrival) break;
      stage_.receive({port.edge(), std::move(arrival->topic), std::move(arrival->message)}, now,
                     out_);
      ++read;
      if (!out_.messages().empty()) send_outbox();
    }
  }
  return read + send_outbox();
}

int Loop::send_outbox() {
  int sent = 0;
  for (Outgoing& outgoing : out_.messages()) {
    Port* port = find(outgoing.edge);
    check(port != nullptr && port->sending() && carries(outgoing.edge, outgoing.message),
          fmt::format("{} does not send {} on {}", board_.identity().stage,
                      wire::kind_name(outgoing.message), wiring::spec(outgoing.edge).name));
    std::string frame = wire::encode(outgoing.message);
    tap_.copy(outgoing.edge, frame);
    port->send(outgoing.topic, std::move(frame));
    ++sent;
  }
  out_.messages().clear();
  return sent;
}

void Loop::report(Now now) {
  if (now.monotonic_ns - readiness_ns_ < kReadinessEveryNs) return;
  readiness_ns_ = now.monotonic_ns;
  Readiness readiness = stage_.readiness();
  if (stop_asked_ns_ != 0) readiness = {false, "stopping"};
  board_.set_readiness(readiness.ready, readiness.reason);
  board_.set_stalled(stage_.stalled());
  if (now.monotonic_ns - stat_ns_ < kStatEveryNs) return;
  wire::Stat stat;
  stat.stage = board_.identity().stage;
  stat.incarnation = board_.identity().incarnation;
  stat.host = board_.identity().host;
  stat.pid = getpid();
  stat.uptime_seconds = board_.uptime_seconds();
  stat.ready = readiness.ready;
  stat.reason = readiness.reason;
  stat.samples = samples(now);
  stat_ns_ = now.monotonic_ns;
  board_.set_samples(stat.samples);
  tap_.publish_stat(wire::encode(stat));
}

std::vector<wire::Sample> Loop::samples(Now now) {
  std::vector<wire::Sample> all;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (const Port& port : ports_) {
    const PortCounters& counters = port.counters();
    const std::string labels = fmt::format("edge=\"{}\"", port.name());
    const auto add = [&](const char* name, std::uint64_t value) {
      all.push_back({name, labels, static_cast<double>(value)});
    };
    in += counters.in;
    out += counters.out;
    if (port.sending()) {
      add("messages_out_total", counters.out);
      add("messages_dropped_total", counters.dropped);
      add("backlog_messages", port.backlog());
    } else {
      add("messages_in_total", counters.in);
      add("messages_bad_total", counters.bad);
    }
  }
  const Usage usage = read_usage();
  all.push_back({"process_cpu_seconds_total", "", usage.cpu_seconds});
  if (usage.resident_bytes > 0) {
    all.push_back({"process_resident_memory_bytes", "", static_cast<double>(usage.resident_bytes)});
  }
  if (stat_ns_ != 0) {
    const double seconds = static_cast<double>(now.monotonic_ns - stat_ns_) / 1e9;
    all.push_back({"messages_in_per_second", "", static_cast<double>(in - in_at_stat_) / seconds});
    all.push_back(
        {"messages_out_per_second", "", static_cast<double>(out - out_at_stat_) / seconds});
    all.push_back({"process_cpu_cores", "", (usage.cpu_seconds - cpu_at_stat_) / seconds});
  }
  in_at_stat_ = in;
  out_at_stat_ = out;
  cpu_at_stat_ = usage.cpu_seconds;
  stage_.samples(all);
  return all;
}

Port* Loop::find(Edge edge) {
  for (Port& port : ports_) {
    if (port.edge() == edge) return &port;
  }
  return nullptr;
}

}  // namespace mendel::runtime
