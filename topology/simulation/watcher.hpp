// Watcher: the simulated process of monitor: its core, which hears the taps and the progress.
// Threads: one thread.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "stages/monitor/monitor.hpp"
#include "topology/simulation/process.hpp"

namespace mendel::simulation {

class Watcher : public Process {
 public:
  void receive(runtime::Delivery delivery, Now now, runtime::Outbox&) override {
    if (const auto* stat = std::get_if<wire::Stat>(&delivery.message)) core_.hear(*stat, now);
    if (const auto* progress = std::get_if<wire::Progress>(&delivery.message))
      core_.hear(*progress, now);
  }
  int work(Now now, runtime::Outbox&) override {
    core_.tick(now);
    core_.changes();
    return 0;
  }
  std::vector<std::string> topics(runtime::Edge) const override { return {"progress.", "stat."}; }

  // Stages that nobody speaks for.
  std::vector<std::string> missing() const { return core_.missing(); }

 private:
  monitor::Monitor core_;
};

}  // namespace mendel::simulation
