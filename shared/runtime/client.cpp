#include "shared/runtime/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>
#include <variant>

#include "shared/base/ids.hpp"
#include "shared/base/time.hpp"
#include "shared/runtime/ports.hpp"
#include "shared/sockets/poller.hpp"
#include "shared/wire/codec.hpp"

namespace mendel::runtime {
namespace {

constexpr std::int64_t kResendMs = 500;
// Progress that arrives while an answer is awaited and nobody listens.
constexpr std::size_t kProgressMax = 1000;

std::int64_t monotonic_ms() { return read_clocks().monotonic_ns / kNsPerMs; }

}  // namespace

struct Client::Impl {
  sockets::Context context;
  std::vector<Port> ports;  // requests, progress
  std::deque<wire::Progress> progress;
  std::function<void(const wire::Progress&)> on_progress;

  Port& requests() { return ports[0]; }
  Port& answers() { return ports[1]; }

  // Waits for frames until the deadline.
  void wait(std::int64_t deadline_ms) {
    sockets::Poller poller;
    requests().watch(poller, false);
    answers().watch(poller, true);
    poller.wait(std::clamp<std::int64_t>(deadline_ms - monotonic_ms(), 0, 50));
    requests().flush();
  }

  // Reads all that is there; the reply to `request_id`, if it is among it.
  std::optional<wire::Reply> read(const std::string& request_id) {
    std::optional<wire::Reply> reply;
    while (auto arrival = answers().receive()) {
      if (auto* step = std::get_if<wire::Progress>(&arrival->message)) {
        if (on_progress) {
          on_progress(*step);
        } else {
          progress.push_back(std::move(*step));
          if (progress.size() > kProgressMax) progress.pop_front();
        }
      } else if (auto* answer = std::get_if<wire::Reply>(&arrival->message)) {
        if (!request_id.empty() && answer->request_id == request_id) reply = std::move(*answer);
      }
    }
    return reply;
  }
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<Client> Client::open(const wiring::Topology& topology) {
  auto impl = std::make_unique<Impl>();
  for (const wiring::Edge edge : {wiring::Edge::requests, wiring::Edge::progress}) {
    Result<Port> port = Port::open(impl->context, topology, edge, "mendel");
    if (!port) return port.error();
    impl->ports.push_back(std::move(*port));
  }
  impl->answers().subscribe("progress.");
  return Client(std::move(impl));
}

Result<wire::Reply> Client::ask(wire::Request request, std::int64_t timeout_ms,
                                const std::function<bool()>& is_there) {
  if (request.request_id.empty()) request.request_id = make_incarnation();
  const std::string topic = fmt::format("reply.{}.", request.request_id);
  const std::string frame = wire::encode(request);
  const std::int64_t deadline = monotonic_ms() + timeout_ms;
  std::int64_t resend_at = 0;
  impl_->answers().subscribe(topic);
  std::optional<wire::Reply> reply;
  while (!reply && monotonic_ms() < deadline) {
    if (monotonic_ms() >= resend_at) {
      if (is_there && !is_there()) break;
      // What still waits for the dispatcher need not be there twice.
      if (impl_->requests().backlog() == 0) impl_->requests().send("", frame);
      resend_at = monotonic_ms() + kResendMs;
    }
    impl_->wait(std::min(deadline, resend_at));
    reply = impl_->read(request.request_id);
  }
  impl_->answers().unsubscribe(topic);
  if (reply) return std::move(*reply);
  return transient_error(
      fmt::format("no answer from ga_dispatcher within {:.0f} s; 'mendel status' shows what runs, "
                  "'mendel up' starts a pipeline",
                  static_cast<double>(timeout_ms) / 1000.0));
}

std::optional<wire::Progress> Client::next_progress(std::int64_t timeout_ms) {
  const std::int64_t deadline = monotonic_ms() + timeout_ms;
  while (true) {
    impl_->read("");
    if (!impl_->progress.empty()) {
      wire::Progress step = std::move(impl_->progress.front());
      impl_->progress.pop_front();
      return step;
    }
    if (monotonic_ms() >= deadline) return std::nullopt;
    impl_->wait(deadline);
  }
}

void Client::on_progress(std::function<void(const wire::Progress&)> callback) {
  impl_->on_progress = std::move(callback);
}

}  // namespace mendel::runtime
