#include <algorithm>
#include <map>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/runtime/client.hpp"
#include "shared/runtime/tap.hpp"
#include "shared/sockets/poller.hpp"
#include "shared/sockets/socket.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::runtime {
namespace {

// Senders that were heard; beyond it their count of drops starts anew.
constexpr std::size_t kSendersMax = 10'000;

}  // namespace

struct TapListener::Impl {
  explicit Impl(sockets::Socket opened) : socket(std::move(opened)) {}

  sockets::Socket socket;
  std::map<std::string, std::uint64_t> heard;  // topic and sender -> last sequence
  std::uint64_t dropped = 0;

  void count(const sockets::Frame& frame) {
    const std::optional<TapMark> mark = decode_mark(frame.trailer);
    if (!mark) return;
    if (heard.size() >= kSendersMax) heard.clear();
    const auto [entry, first] =
        heard.try_emplace(frame.topic + '\n' + mark->sender, mark->sequence);
    if (!first && mark->sequence > entry->second) dropped += mark->sequence - entry->second - 1;
    entry->second = mark->sequence;
  }
};

TapListener::TapListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TapListener::~TapListener() = default;
TapListener::TapListener(TapListener&&) noexcept = default;
TapListener& TapListener::operator=(TapListener&&) noexcept = default;

Result<TapListener> TapListener::open(const wiring::Topology& topology,
                                      const std::vector<std::string>& prefixes) {
  static sockets::Context context;
  const wiring::EdgeWiring& taps = topology.edge(wiring::Edge::taps);
  Result<sockets::Socket> socket =
      sockets::Socket::open(context, {sockets::Kind::sub, "taps", topology.setting("taps.out"),
                                      false, taps.high_water_mark, false});
  if (!socket) return socket.error();
  for (const std::string& prefix : prefixes) socket->subscribe(prefix);
  return TapListener(std::make_unique<Impl>(std::move(*socket)));
}

std::optional<TapListener::Tapped> TapListener::next(std::int64_t timeout_ms) {
  const std::int64_t deadline = read_clocks().monotonic_ns / kNsPerMs + timeout_ms;
  while (true) {
    if (std::optional<sockets::Frame> frame = impl_->socket.receive()) {
      impl_->count(*frame);
      return Tapped{std::move(frame->topic), wire::decode(frame->bytes)};
    }
    const std::int64_t left = deadline - read_clocks().monotonic_ns / kNsPerMs;
    if (left <= 0) return std::nullopt;
    sockets::Poller poller;
    poller.watch(impl_->socket, true, false);
    poller.wait(left);
  }
}

std::uint64_t TapListener::dropped() const { return impl_->dropped; }

}  // namespace mendel::runtime
