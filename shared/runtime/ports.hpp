// Port: one edge at one process: its socket, what waits to be sent, and its counters.
// Threads: the loop thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/sockets/poller.hpp"
#include "shared/sockets/socket.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::runtime {

// What may wait for a peer, per edge, beside the edge's high-water mark (messages).
inline constexpr std::size_t kPendingBytesMax = 64 << 20;
// A hello replaces the one before it: nothing is won by keeping many for a peer that is away.
inline constexpr std::size_t kPendingHellosMax = 4;

struct PortCounters {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  std::uint64_t dropped = 0;  // pushed out of the queue of what waits
  std::uint64_t bad = 0;      // frames that are no message of this edge
};

// Whether an edge carries this kind of message.
bool carries(wiring::Edge edge, const wire::Message& message);

class Port {
 public:
  // The end of `edge` that `role` holds; requires that it sends or reads it.
  static Result<Port> open(sockets::Context& context, const wiring::Topology& topology,
                           wiring::Edge edge, std::string_view role);

  wiring::Edge edge() const { return spec_->edge; }
  std::string_view name() const { return spec_->name; }
  bool sending() const { return sending_; }
  bool publishing() const { return sending_ && spec_->pattern == wiring::Pattern::publish; }
  const PortCounters& counters() const { return counters_; }
  std::size_t backlog() const { return pending_.size(); }

  void subscribe(std::string_view topic) { socket_.subscribe(topic); }
  void unsubscribe(std::string_view topic) { socket_.unsubscribe(topic); }
  void watch(sockets::Poller& poller, bool wanted);

  // Sends, or keeps it for a peer that is full or away, dropping the oldest above the limit.
  void send(const std::string& topic, std::string frame);
  // Sends what waits as far as possible; returns how many went.
  int flush();

  struct Arrival {
    std::string topic;
    wire::Message message;
  };
  // The next good message; bad frames before it are counted and logged once per kind.
  std::optional<Arrival> receive();
  std::optional<sockets::SubscriptionEvent> subscription() { return socket_.subscription(); }

  void close(int linger_ms) { socket_.close(linger_ms); }

 private:
  Port(const wiring::EdgeSpec& spec, bool sending, std::size_t pending_max, sockets::Socket socket);

  const wiring::EdgeSpec* spec_;
  bool sending_;
  std::size_t pending_max_;  // messages
  sockets::Socket socket_;
  std::deque<std::string> pending_;
  std::size_t pending_bytes_ = 0;
  PortCounters counters_;
};

// All ports of a role, in the order of the edges; taps are not among them (tap.hpp).
Result<std::vector<Port>> open_ports(sockets::Context& context, const wiring::Topology& topology,
                                     std::string_view role);

}  // namespace mendel::runtime
