#include "topology/simulation/client.hpp"

#include <utility>

#include "shared/config/value.hpp"

namespace mendel::simulation {
namespace {

constexpr std::int64_t kAskAgainNs = kNsPerSecond;

}  // namespace

void Client::hear(const std::string& state) {
  if (state == "finished" || state == "failed" || state == "cancelled") ended_ = state;
}

void Client::receive(runtime::Delivery delivery, Now, runtime::Outbox&) {
  if (const auto* progress = std::get_if<wire::Progress>(&delivery.message)) {
    if (progress->run == run_) hear(progress->state);
    return;
  }
  const auto* reply = std::get_if<wire::Reply>(&delivery.message);
  if (reply == nullptr) return;
  if (!reply->error.empty()) {
    error_ = reply->error;
    return;
  }
  submitted_ = true;
  const auto body = config::parse_json(reply->body, "reply");
  const config::Value* state = body ? body->find("state") : nullptr;
  if (state != nullptr && state->is_text()) hear(state->as_text());
}

int Client::work(Now now, runtime::Outbox& out) {
  if (!ended_.empty() || now.monotonic_ns - asked_ns_ < kAskAgainNs) return 0;
  if (!submitted_ && !may_submit_()) return 0;
  asked_ns_ = now.monotonic_ns;
  wire::Request request;
  request.request_id = (submitted_ ? "show." : "submit.") + run_;
  request.action = submitted_ ? "show" : "submit";
  request.run = run_;
  if (!submitted_) request.experiment = experiment_;
  out.send(runtime::Edge::requests, std::move(request));
  return 1;
}

std::vector<std::string> Client::topics(runtime::Edge edge) const {
  if (edge != runtime::Edge::progress) return {};
  return {"progress." + run_ + ".", "reply.submit." + run_ + ".", "reply.show." + run_ + "."};
}

}  // namespace mendel::simulation
