#include "topology/mendel/status_table.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "shared/telemetry/metrics.hpp"
#include "shared/wiring/edges.hpp"
#include "topology/mendel/text_table.hpp"

namespace mendel::cli {
namespace {

using Row = std::vector<std::string>;

std::string duration(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min", whole / 60);
  if (whole < 48 * 3600) return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d", whole / 86400);
}

std::string state_of(const runtime::StageState& state) {
  if (!state.healthy) return "not healthy";
  return state.ready ? "ready" : "not ready";
}

std::string rate(const runtime::StageState& state, const char* name) {
  const std::optional<double> value = state.sample(name);
  return value ? fmt::format("{:.0f}", *value) : "-";
}

// How many processors' worth of time it took in the last second.
std::string cpu(const runtime::StageState& state) {
  const auto cores = state.sample("process_cpu_cores");
  return cores ? fmt::format("{:.0f} %", *cores * 100) : "-";
}

std::string memory(const runtime::StageState& state) {
  const auto bytes = state.sample("process_resident_memory_bytes");
  return bytes ? fmt::format("{:.0f} MiB", *bytes / (1 << 20)) : "-";
}

// What a stage has taken and not yet finished: bytes of its log that the database lacks, or
// messages that wait for a peer.
std::string lag(const runtime::StageState& state) {
  const double undrained = state.sample("undrained_bytes").value_or(0);
  if (undrained >= 1 << 20) return fmt::format("{:.1f} MiB", undrained / (1 << 20));
  if (undrained > 0) return fmt::format("{:.1f} KiB", undrained / 1024);
  double waiting = 0;
  for (const wire::Sample& sample : state.samples) {
    if (sample.name == "backlog_messages") waiting += sample.value;
  }
  return waiting > 0 ? fmt::format("{:.0f} messages", waiting) : "-";
}

std::string pool(const runtime::StageState& state) {
  const auto in_use = state.sample("pool_in_use");
  const auto idle = state.sample("pool_idle");
  const auto max = state.sample("pool_max");
  if (!in_use || !idle || !max) return "-";
  return fmt::format("{:.0f}/{:.0f}/{:.0f}", *in_use, *idle, *max);
}

// How the database answers this stage; what has failed only when something has.
std::string database(const runtime::StageState& state) {
  const auto p95 = state.sample("database_query_p95_seconds");
  if (!p95) return "-";
  std::string text = fmt::format("p95 {:.0f} ms", *p95 * 1e3);
  for (const auto& [name, word] :
       {std::pair{"pool_waiting", "waiting"}, std::pair{"failed_connections_total", "failed"},
        std::pair{"database_retries_total", "retries"}}) {
    const double count = state.sample(name).value_or(0);
    if (count > 0) text += fmt::format(", {:.0f} {}", count, word);
  }
  return text;
}

Row row_of(const runtime::StageState& state) {
  return {state.stage,
          state_of(state),
          duration(state.uptime_seconds),
          cpu(state),
          memory(state),
          rate(state, "messages_in_per_second"),
          rate(state, "messages_out_per_second"),
          lag(state),
          pool(state),
          database(state),
          fmt::format("{:.1f} ms", state.response_ms),
          state.reason};
}

}  // namespace

std::string alert_lines(const std::vector<runtime::StageState>& states) {
  std::string lines;
  for (const runtime::StageState& state : states) {
    if (state.stage != "monitor") continue;
    for (const wire::Sample& sample : state.samples) {
      if (sample.name != "alert_firing") continue;
      const Result<telemetry::Labels> labels = telemetry::parse_labels(sample.labels);
      if (!labels || labels->size() != 3 || (*labels)[1].second == "none") continue;
      const std::string of = (*labels)[2].second;
      lines += fmt::format("alert {} ({}){}\n", (*labels)[0].second, (*labels)[1].second,
                           of.empty() ? "" : ": " + of);
    }
  }
  return lines;
}

std::string status_table(const std::vector<runtime::StageState>& states) {
  std::vector<Row> rows = {{"stage", "state", "uptime", "cpu", "memory", "in/s", "out/s", "lag",
                            "pool in use/idle/max", "database", "response", "reason"}};
  for (const std::string_view stage : wiring::kStages) {
    const std::size_t before = rows.size();
    for (const runtime::StageState& state : states) {
      if (state.stage == stage) rows.push_back(row_of(state));
    }
    if (rows.size() == before) {
      rows.push_back(
          {std::string(stage), "not running", "-", "-", "-", "-", "-", "-", "-", "-", "-", ""});
    }
  }
  return left_aligned(rows);
}

}  // namespace mendel::cli
