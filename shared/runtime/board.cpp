#include "shared/runtime/board.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "shared/base/time.hpp"
#include "shared/base/version.hpp"
#include "shared/config/value.hpp"

namespace mendel::runtime {

Board::Board(Identity identity)
    : identity_(std::move(identity)), started_ns_(read_clocks().monotonic_ns) {}

double Board::uptime_seconds() const {
  const std::int64_t whole_ms = (read_clocks().monotonic_ns - started_ns_) / kNsPerMs;
  return static_cast<double>(whole_ms) / 1000.0;
}

void Board::set_readiness(bool ready, std::string reason) {
  const std::lock_guard lock(mutex_);
  ready_ = ready;
  reason_ = std::move(reason);
}

void Board::set_stalled(std::string what) {
  const std::lock_guard lock(mutex_);
  stalled_ = std::move(what);
}

void Board::set_samples(std::vector<wire::Sample> samples) {
  const std::lock_guard lock(mutex_);
  samples_ = std::move(samples);
}

telemetry::Response Board::answer(std::string_view target) const {
  const std::int64_t progressed = progressed_ns_;
  const std::int64_t silent = read_clocks().monotonic_ns - progressed;
  const bool hangs = progressed != 0 && silent > kStalledNs;
  const std::lock_guard lock(mutex_);
  std::string reason = reason_;
  if (hangs) reason = fmt::format("the loop made no turn for {} s", silent / kNsPerSecond);
  if (!stalled_.empty()) reason = stalled_;
  const bool healthy = !hangs && stalled_.empty();
  const bool ready = ready_ && healthy;
  config::Value state;
  state.set("stage", identity_.stage);
  state.set("healthy", healthy);
  state.set("ready", ready);
  state.set("reason", reason);
  state.set("uptime_seconds", uptime_seconds());
  state.set("pid", static_cast<std::int64_t>(getpid()));
  state.set("incarnation", identity_.incarnation);
  state.set("host", identity_.host);
  state.set("version", kProductVersion);
  config::Value& samples = state.set("samples", config::Value::table());
  for (const wire::Sample& sample : samples_) {
    samples.set(
        sample.labels.empty() ? sample.name : fmt::format("{}{{{}}}", sample.name, sample.labels),
        sample.value);
  }
  const bool good = target == "/readyz" ? ready : healthy;
  return {good ? 200 : 503, config::to_json(state)};
}

}  // namespace mendel::runtime
