// Tap: what a process shows of itself to monitor and `mendel tap`: `stat.<stage>.` once a second,
// and `copy.<edge>.<stage>.` of every message it sends, only while somebody listens. Copies are
// dropped rather than slowing anyone; a mark (sender and sequence per topic) lets listeners count
// what they missed.
// Threads: the loop thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "shared/base/result.hpp"
#include "shared/sockets/poller.hpp"
#include "shared/sockets/socket.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::runtime {

// The trailer of a tapped frame.
struct TapMark {
  std::string sender;          // incarnation
  std::uint64_t sequence = 0;  // 1, 2, … per sender and topic
};
std::string encode_mark(const TapMark& mark);
std::optional<TapMark> decode_mark(std::string_view bytes);

class Tap {
 public:
  static Result<Tap> open(sockets::Context& context, const wiring::Topology& topology,
                          std::string stage, std::string incarnation);

  void watch(sockets::Poller& poller) { poller.watch(socket_, true, false); }
  // Learns who listens; call it every turn.
  void read_subscriptions();

  bool listens(std::string_view topic) const;
  void publish_stat(std::string_view frame);
  void copy(wiring::Edge edge, std::string_view frame);

 private:
  Tap(sockets::Socket socket, std::string stage, std::string incarnation);
  void publish(const std::string& topic, std::string_view frame);

  sockets::Socket socket_;
  std::string stage_;
  std::string incarnation_;
  std::set<std::string, std::less<>> prefixes_;
  std::map<std::string, std::uint64_t, std::less<>> sequences_;  // at most one per edge, and stat
};

}  // namespace mendel::runtime
