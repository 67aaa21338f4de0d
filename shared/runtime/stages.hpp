// Stages as their health sockets describe them: for --health, `mendel status` and whoever waits
// for a pipeline to come up.
// Threads: plain functions; each question waits a bounded time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/wire/messages.hpp"
#include "shared/wiring/topology.hpp"

namespace mendel::runtime {

struct StageState {
  std::string stage;
  std::string incarnation;
  std::string host;
  std::int64_t pid = 0;
  bool healthy = false;
  bool ready = false;
  std::string reason;  // why it is not ready, or not healthy
  double uptime_seconds = 0;
  double response_ms = 0;  // how long the answer took
  std::vector<wire::Sample> samples;

  // The first sample of that name, whatever its labels; nullopt = it has none.
  std::optional<double> sample(std::string_view name) const;
};

// Every process in the run folder, in the order of the stages; `stage` "" = of all stages. One that
// accepts and does not answer within timeout_ms is there and not healthy.
std::vector<StageState> ask_stages(const wiring::Topology& topology, std::string_view stage,
                                   std::int64_t timeout_ms);

}  // namespace mendel::runtime
