#include "shared/runtime/ports.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "shared/base/check.hpp"
#include "shared/base/log.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::runtime {
namespace {

using wiring::Edge;
using wiring::Pattern;

sockets::Kind kind_of(Pattern pattern, bool sending) {
  if (pattern == Pattern::push_pull) return sending ? sockets::Kind::push : sockets::Kind::pull;
  return sending ? sockets::Kind::xpub : sockets::Kind::sub;
}

template <class... Messages>
bool is_one_of(const wire::Message& message) {
  return (std::holds_alternative<Messages>(message) || ...);
}

}  // namespace

bool carries(Edge edge, const wire::Message& message) {
  switch (edge) {
    case Edge::bars:
      return is_one_of<wire::BarBatch>(message);
    case Edge::receipts:
      return is_one_of<wire::Receipt>(message);
    case Edge::dataset_orders:
      return is_one_of<wire::DatasetOrder>(message);
    case Edge::datasets:
      return is_one_of<wire::Dataset>(message);
    case Edge::candidates:
      return is_one_of<wire::CandidateBatch>(message);
    case Edge::credits:
      return is_one_of<wire::Credit>(message);
    case Edge::scores:
      return is_one_of<wire::ScoreBatch>(message);
    case Edge::records:
      return is_one_of<wire::RunRecord, wire::GenerationRecord, wire::Verdict, wire::ScoreBatch>(
          message);
    case Edge::queries:
      return is_one_of<wire::Query>(message);
    case Edge::recorded:
      return is_one_of<wire::Recorded>(message);
    case Edge::requests:
      return is_one_of<wire::Request>(message);
    case Edge::progress:
      return is_one_of<wire::Progress, wire::Reply>(message);
    case Edge::taps:
      return true;
  }
  return false;
}

Port::Port(const wiring::EdgeSpec& spec, bool sending, std::size_t pending_max,
           sockets::Socket socket)
    : spec_(&spec), sending_(sending), pending_max_(pending_max), socket_(std::move(socket)) {}

Result<Port> Port::open(sockets::Context& context, const wiring::Topology& topology, Edge edge,
                        std::string_view role) {
  const wiring::EdgeSpec& spec = wiring::spec(edge);
  const wiring::EdgeWiring& wiring = topology.edge(edge);
  const bool sending = wiring::sends(role, spec);
  check(sending || wiring::reads(role, spec), "a port is opened by an end of its edge");
  const bool bind = wiring.bind == role;
  sockets::SocketOptions options;
  options.kind = kind_of(spec.pattern, sending);
  options.name = std::string(spec.name);
  options.endpoint = bind ? wiring.listen : wiring.endpoint;
  options.bind = bind;
  options.high_water_mark = wiring.high_water_mark;
  options.verbose = true;  // a late joiner is answered, also when it is not the first
  Result<sockets::Socket> socket = sockets::Socket::open(context, options);
  if (!socket) return socket.error();
  const std::size_t pending_max =
      edge == Edge::credits ? kPendingHellosMax : static_cast<std::size_t>(wiring.high_water_mark);
  return Port(spec, sending, pending_max, std::move(*socket));
}

void Port::watch(sockets::Poller& poller, bool wanted) {
  if (sending_) {
    poller.watch(socket_, publishing(), !pending_.empty());
    return;
  }
  // A socket that is not read still has to re-subscribe after its publisher's restart.
  if (!wanted) socket_.touch();
  if (wanted) poller.watch(socket_, true, false);
}

void Port::send(const std::string& topic, std::string frame) {
  check(sending_, "only the sending end of an edge sends");
  check(publishing() == topic.ends_with('.'), "published topics, and only those, end with a dot");
  flush();
  if (pending_.empty() && socket_.send(topic, frame)) {
    ++counters_.out;
    return;
  }
  if (publishing()) {  // there is no waiting for readers that may never come
    ++counters_.dropped;
    return;
  }
  pending_bytes_ += frame.size();
  pending_.push_back(std::move(frame));
  while (pending_.size() > pending_max_ || pending_bytes_ > kPendingBytesMax) {
    pending_bytes_ -= pending_.front().size();
    pending_.pop_front();
    ++counters_.dropped;
    if (edge() != Edge::credits) {
      log::repeated(log::Level::warn, fmt::format("dropped {}", name()),
                    fmt::format("{}: more than {} messages wait for a peer; the oldest is dropped "
                                "and will be asked for again",
                                name(), pending_max_));
    }
  }
}

int Port::flush() {
  int sent = 0;
  while (!pending_.empty() && socket_.send("", pending_.front())) {
    pending_bytes_ -= pending_.front().size();
    pending_.pop_front();
    ++counters_.out;
    ++sent;
  }
  return sent;
}

std::optional<Port::Arrival> Port::receive() {
  while (std::optional<sockets::Frame> frame = socket_.receive()) {
    std::string wrong;
    if (!frame->well_formed) {
      wrong = "it has the wrong number of parts";
    } else if (Result<wire::Message> message = wire::decode(frame->bytes); !message) {
      wrong = message.error().message;
    } else if (!carries(edge(), *message)) {
      wrong = fmt::format("{} does not belong here", wire::kind_name(*message));
    } else {
      ++counters_.in;
      return Arrival{std::move(frame->topic), std::move(*message)};
    }
    ++counters_.bad;
    log::repeated(log::Level::warn, fmt::format("bad {}", name()),
                  fmt::format("{}: a frame is dropped: {}", name(), wrong));
  }
  return std::nullopt;
}

Result<std::vector<Port>> open_ports(sockets::Context& context, const wiring::Topology& topology,
                                     std::string_view role) {
  std::vector<Port> ports;
  for (const wiring::EdgeSpec& spec : wiring::edges()) {
    if (spec.pattern == Pattern::tap) continue;
    if (!wiring::sends(role, spec) && !wiring::reads(role, spec)) continue;
    Result<Port> port = Port::open(context, topology, spec.edge, role);
    if (!port) return port.error();
    ports.push_back(std::move(*port));
  }
  return ports;
}

}  // namespace mendel::runtime
