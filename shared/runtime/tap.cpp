#include "shared/runtime/tap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "shared/base/bytes.hpp"

namespace mendel::runtime {

std::string encode_mark(const TapMark& mark) {
  std::string bytes;
  append_text(bytes, mark.sender);
  append_number(bytes, mark.sequence);
  return bytes;
}

std::optional<TapMark> decode_mark(std::string_view bytes) {
  ByteReader reader(bytes);
  TapMark mark;
  mark.sender = std::string(reader.text());
  mark.sequence = reader.number<std::uint64_t>();
  if (!reader.ok() || reader.remaining() != 0) return std::nullopt;
  return mark;
}

Result<Tap> Tap::open(sockets::Context& context, const wiring::Topology& topology,
                      std::string stage, std::string incarnation) {
  const wiring::EdgeWiring& taps = topology.edge(wiring::Edge::taps);
  Result<sockets::Socket> socket = sockets::Socket::open(
      context, {sockets::Kind::xpub, "taps", taps.endpoint, false, taps.high_water_mark, false});
  if (!socket) return socket.error();
  return Tap(std::move(*socket), std::move(stage), std::move(incarnation));
}

Tap::Tap(sockets::Socket socket, std::string stage, std::string incarnation)
    : socket_(std::move(socket)), stage_(std::move(stage)), incarnation_(std::move(incarnation)) {}

void Tap::read_subscriptions() {
  while (const auto event = socket_.subscription()) {
    if (event->joined) {
      prefixes_.insert(event->topic);
    } else {
      prefixes_.erase(event->topic);
    }
  }
}

bool Tap::listens(std::string_view topic) const {
  return std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const std::string& prefix) { return topic.starts_with(prefix); });
}

void Tap::publish_stat(std::string_view frame) { publish(fmt::format("stat.{}.", stage_), frame); }

void Tap::copy(wiring::Edge edge, std::string_view frame) {
  if (prefixes_.empty()) return;
  const std::string topic = fmt::format("copy.{}.{}.", wiring::spec(edge).name, stage_);
  if (listens(topic)) publish(topic, frame);
}

void Tap::publish(const std::string& topic, std::string_view frame) {
  socket_.send(topic, frame, encode_mark({incarnation_, ++sequences_[topic]}));
}

}  // namespace mendel::runtime
