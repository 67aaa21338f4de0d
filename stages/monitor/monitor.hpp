// Monitor: what is known of every process and run, as metrics. A process says once a second how it
// is; one that is silent for 5 s is down. One of its stage that comes up within a minute
// after is a restart.
// Threads: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/telemetry/metrics.hpp"
#include "shared/wire/messages.hpp"
#include "stages/monitor/availability.hpp"
#include "stages/monitor/readings.hpp"

namespace mendel::monitor {

inline constexpr std::int64_t kSilentNs = 5 * kNsPerSecond;
// How long a process that went silent is shown as down; one that has a successor is forgotten at
// once, except evaluators, which come in numbers.
inline constexpr std::int64_t kForgottenNs = 300 * kNsPerSecond;
inline constexpr std::size_t kProcessesMax = 1000;
inline constexpr std::size_t kRunsMax = 20;
inline constexpr std::size_t kNameBytesMax = 64;
inline constexpr std::int64_t kRestartNs = 60 * kNsPerSecond;
inline constexpr std::int64_t kStartingNs = 60 * kNsPerSecond;  // then a stage is missing

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
  // What the alerts are read from.
  const Readings& readings() const { return readings_; }
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

  // Of one stage: starts and deaths that found no counterpart yet, and those that did.
  struct Restarts {
    std::deque<std::int64_t> starts_ns;
    std::deque<std::int64_t> deaths_ns;
    std::uint64_t count = 0;
  };

  bool is_up(const std::string& stage) const;
  void match_restarts(const std::string& stage, Now now);
  void read_ourselves(Now now);
  void show(const std::string& name, const Process& process);
  void show_missing();

  std::map<std::string, Process> processes_;  // by stage and incarnation
  std::map<std::string, Run> runs_;           // by run id
  std::map<std::string, std::vector<telemetry::Metric>> changed_;
  std::map<std::string, Restarts> restarts_;  // by stage
  Readings readings_;
  Availability availability_;
  std::int64_t began_ns_ = 0;
  std::int64_t read_ns_ = 0;
  std::uint64_t ignored_ = 0;
};

}  // namespace mendel::monitor
