#include "topology/mendel/evolution.hpp"

#include <fmt/format.h>

#include <utility>

#include "shared/base/ids.hpp"
#include "shared/base/time.hpp"

namespace mendel::cli {
namespace {

constexpr std::int64_t kAnswerMs = 15'000;
constexpr std::int64_t kWaitMs = 200;
// Without progress for so long, the state is asked for: the last message of a run may be lost.
constexpr std::int64_t kSilentNs = 2 * kNsPerSecond;

std::string text_at(const config::Value& value, const char* key) {
  const config::Value* found = value.find(key);
  return found != nullptr && found->is_text() ? found->as_text() : "";
}

}  // namespace

bool has_ended(std::string_view state) {
  return state == "finished" || state == "failed" || state == "cancelled";
}

Result<config::Value> body_of(const wire::Reply& reply) {
  if (!reply.error.empty()) {
    Error error = transient_error(reply.error);
    if (reply.error_kind == 2) error.kind = ErrorKind::configuration;
    if (reply.error_kind == 4) error.kind = ErrorKind::operator_needed;
    return error;
  }
  return config::parse_json(reply.body, "ga_dispatcher's answer");
}

Result<config::Value> ask(runtime::Client& client, const std::string& action,
                          const std::string& run, const std::function<bool()>& is_there) {
  wire::Request request;
  request.request_id = make_incarnation();
  request.action = action;
  request.run = run;
  Result<wire::Reply> reply = client.ask(std::move(request), kAnswerMs, is_there);
  if (!reply) return reply.error();
  return body_of(*reply);
}

Result<Evolution> Evolution::submit(const wiring::Topology& topology,
                                    const strategy::Experiment& experiment,
                                    const std::string& name) {
  Result<runtime::Client> client = runtime::Client::open(topology);
  if (!client) return client.error();
  wire::Request request;
  request.request_id = make_incarnation();
  request.action = "submit";
  request.run = make_ulid(read_clocks().wall_ns);
  request.name = name;
  request.experiment = experiment.canonical_text;
  const std::string run = request.run;
  Result<wire::Reply> reply = client->ask(std::move(request), kAnswerMs);
  if (!reply) return reply.error();
  if (Result<config::Value> body = body_of(*reply); !body) return body.error();
  return Evolution(std::move(*client), run);
}

Result<Evolution> Evolution::attach(const wiring::Topology& topology, const std::string& run) {
  Result<runtime::Client> client = runtime::Client::open(topology);
  if (!client) return client.error();
  return Evolution(std::move(*client), run);
}

Result<wire::Progress> Evolution::follow(
    const std::function<void(const wire::Progress&)>& on_progress,
    const std::function<Status()>& check) {
  wire::Progress latest;
  std::int64_t heard_at = read_clocks().monotonic_ns;
  const auto heard = [&](const wire::Progress& progress) {
    if (progress.run != run_) return;
    latest = progress;
    heard_at = read_clocks().monotonic_ns;
    on_progress(progress);
  };
  client_.on_progress(heard);
  Status state;
  while (!has_ended(latest.state)) {
    if (state = check(); !state) break;
    if (const auto progress = client_.next_progress(kWaitMs)) heard(*progress);
    if (read_clocks().monotonic_ns - heard_at < kSilentNs) continue;
    heard_at = read_clocks().monotonic_ns;
    // Not answered: ga_dispatcher is restarting; `check` says when it never will.
    const Result<config::Value> shown = show();
    if (!shown || !has_ended(text_at(*shown, "state"))) continue;
    latest.state = text_at(*shown, "state");
    latest.detail = text_at(*shown, "detail");
  }
  client_.on_progress(nullptr);
  if (!state) return state.error();
  return latest;
}

Result<config::Value> Evolution::show() { return ask(client_, "show", run_); }

Result<config::Value> Evolution::report(const wire::Progress& last, const std::string& name) {
  const std::string how = fmt::format("{} {}: {}", name, last.state, last.detail);
  if (last.state == "failed") return configuration_error(how);
  if (last.state != "finished") return transient_error(how);
  const Result<config::Value> shown = show();
  if (!shown) return shown.error();
  const config::Value* report = shown->find("report");
  if (report != nullptr && report->is_table()) return *report;
  return transient_error(fmt::format("{} has no report", name));
}

Result<config::Value> Evolution::list() { return ask(client_, "list", ""); }

Status Evolution::cancel() {
  Result<config::Value> answer = ask(client_, "cancel", run_);
  return answer ? Status() : answer.error();
}

}  // namespace mendel::cli
