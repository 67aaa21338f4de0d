#include "stages/monitor/tap_proxy.hpp"

#include <utility>

namespace mendel::monitor {

Result<TapProxy> TapProxy::open(sockets::Context& context, const wiring::Topology& topology) {
  const wiring::EdgeWiring& taps = topology.edge(wiring::Edge::taps);
  Result<sockets::Socket> stages = sockets::Socket::open(
      context, {sockets::Kind::xsub, "taps", taps.listen, true, taps.high_water_mark, false});
  if (!stages) return stages.error();
  const std::string out = wiring::listening_address(topology.setting("taps.out"));
  Result<sockets::Socket> listeners = sockets::Socket::open(
      context, {sockets::Kind::xpub, "taps", out, true, taps.high_water_mark, false});
  if (!listeners) return listeners.error();
  // Counted beside the listeners' own: it stays when the last of those leaves.
  stages->subscribe("stat.");
  return TapProxy(std::move(*stages), std::move(*listeners));
}

TapProxy::TapProxy(sockets::Socket stages, sockets::Socket listeners)
    : stages_(std::move(stages)), listeners_(std::move(listeners)) {}

int TapProxy::pass(const std::function<void(const sockets::Frame&)>& see) {
  int passed = 0;
  while (const auto event = listeners_.subscription()) {
    event->joined ? stages_.subscribe(event->topic) : stages_.unsubscribe(event->topic);
    ++passed;
  }
  for (int i = 0; i < kPassedPerTurnMax; ++i, ++passed) {
    const std::optional<sockets::Frame> frame = stages_.receive();
    if (!frame) break;
    if (!frame->well_formed) continue;
    see(*frame);
    listeners_.send(frame->topic, frame->bytes, frame->trailer);
  }
  return passed;
}

std::vector<int> TapProxy::descriptors() const {
  return {stages_.descriptor(), listeners_.descriptor()};
}

}  // namespace mendel::monitor
