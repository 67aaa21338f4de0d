#include "shared/runtime/stages.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "shared/base/time.hpp"
#include "shared/config/value.hpp"
#include "shared/telemetry/health_socket.hpp"

namespace mendel::runtime {
namespace {

std::string text_of(const config::Value& state, std::string_view key) {
  const config::Value* value = state.find(key);
  return value && value->is_text() ? value->as_text() : "";
}

bool flag_of(const config::Value& state, std::string_view key) {
  const config::Value* value = state.find(key);
  return value && value->is_bool() && value->as_bool();
}

double number_of(const config::Value& state, std::string_view key) {
  const config::Value* value = state.find(key);
  return value && value->is_number() ? value->as_number() : 0;
}

wire::Sample sample_from(const std::string& series, double value) {
  const std::size_t brace = series.find('{');
  if (brace == std::string::npos || series.back() != '}') return {series, "", value};
  return {series.substr(0, brace), series.substr(brace + 1, series.size() - brace - 2), value};
}

void read_state(const config::Value& answer, StageState& state) {
  if (std::string stage = text_of(answer, "stage"); !stage.empty()) state.stage = std::move(stage);
  state.incarnation = text_of(answer, "incarnation");
  state.host = text_of(answer, "host");
  state.reason = text_of(answer, "reason");
  state.pid = static_cast<std::int64_t>(number_of(answer, "pid"));
  state.healthy = flag_of(answer, "healthy");
  state.ready = flag_of(answer, "ready");
  state.uptime_seconds = number_of(answer, "uptime_seconds");
  const config::Value* samples = answer.find("samples");
  if (samples == nullptr || !samples->is_table()) return;
  for (const auto& [series, value] : samples->entries()) {
    if (value.is_number()) state.samples.push_back(sample_from(series, value.as_number()));
  }
}

StageState ask(const std::string& path, std::int64_t timeout_ms) {
  StageState state;
  const std::string file = std::filesystem::path(path).filename().string();
  state.stage = file.substr(0, file.find('.'));
  const std::int64_t asked_ns = read_clocks().monotonic_ns;
  const Result<telemetry::Response> response = telemetry::ask_health(path, "/healthz", timeout_ms);
  state.response_ms = static_cast<double>(read_clocks().monotonic_ns - asked_ns) / kNsPerMs;
  if (!response) {
    state.reason = response.error().message;
    return state;
  }
  const Result<config::Value> answer = config::parse_json(response->body, path);
  if (answer) {
    read_state(*answer, state);
  } else {
    state.reason = answer.error().message;
  }
  return state;
}

std::size_t order_of(const std::string& stage) {
  const auto& stages = wiring::kStages;
  return static_cast<std::size_t>(std::find(stages.begin(), stages.end(), stage) - stages.begin());
}

}  // namespace

std::optional<double> StageState::sample(std::string_view name) const {
  for (const wire::Sample& sample : samples) {
    if (sample.name == name) return sample.value;
  }
  return std::nullopt;
}

std::vector<StageState> ask_stages(const wiring::Topology& topology, std::string_view stage,
                                   std::int64_t timeout_ms) {
  std::vector<StageState> states;
  for (const std::string& path : telemetry::health_sockets(topology.run(), stage)) {
    states.push_back(ask(path, timeout_ms));
  }
  std::stable_sort(states.begin(), states.end(), [](const StageState& a, const StageState& b) {
    return order_of(a.stage) < order_of(b.stage);
  });
  return states;
}

}  // namespace mendel::runtime
