// Monitor: what is known of every process and run, as metrics. A process says once a second how it
// is; one that is silent for 5 s is down.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/telemetry/metrics.hpp"
#include "shared/wire/messages.hpp"

namespace mendel::monitor {

inline constexpr std::int64_t kSilentNs = 5 * kNsPerSecond;
// How long a process that went silent is shown as down; one that has a successor is forgotten at
// once, except evaluators, which come in numbers.
inline constexpr std::int64_t kForgottenNs = 300 * kNsPerSecond;
inline constexpr std::size_t kProcessesMax = 1000;
inline constexpr std::size_t kRunsMax = 20;
inline constexpr std::size_t kNameBytesMax = 64;

// Metrics of one process or run; none = it is forgotten.
struct Group {
  std::string name;
  std::vector<telemetry::Metric> metrics;
};

class Monitor {
 public:
  Monitor();

  // A process's word about itself; one of no known stage is ignored.
  void hear(const wire::Stat& stat, Now now);
  void hear(const wire::Progress& progress, Now now);
  // Notices who fell silent.
  void tick(Now now);

  // What changed since the last call.
  std::vector<Group> changes();

  std::size_t processes_up() const;
  // Stages that nobody speaks for now.
  std::vector<std::string> missing() const;

 private:
  struct Process {
    wire::Stat stat;
    std::int64_t heard_ns = 0;
    bool up = false;
  };
  struct Run {
    wire::Progress progress;
    std::int64_t heard_ns = 0;
  };

  bool is_up(const std::string& stage) const;
  void show(const std::string& name, const Process& process);
  void show_missing();

  std::map<std::string, Process> processes_;  // by stage and incarnation
  std::map<std::string, Run> runs_;           // by run id
  std::map<std::string, std::vector<telemetry::Metric>> changed_;
  std::uint64_t ignored_ = 0;
};

}  // namespace mendel::monitor
