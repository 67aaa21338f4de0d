// Pipeline: a scenario on its way: the processes in their world, a supervisor that starts again
// what died, and the calendar of faults.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "shared/base/rng.hpp"
#include "topology/simulation/client.hpp"
#include "topology/simulation/disk.hpp"
#include "topology/simulation/dispatcher.hpp"
#include "topology/simulation/engine.hpp"
#include "topology/simulation/evaluator.hpp"
#include "topology/simulation/scenario.hpp"
#include "topology/simulation/world.hpp"
#include "topology/simulation/writer.hpp"

namespace mendel::simulation {

// Once nothing breaks any more, a run ends within this.
inline constexpr std::int64_t kEndsWithinNs = 300 * kNsPerSecond;
// And the dispatcher's books are closed within the longest lease and this.
inline constexpr std::int64_t kClosesWithinNs = 20 * kNsPerSecond;

class Pipeline {
 public:
  Pipeline(Scenario scenario, Engines& engines, World::Trace trace);

  // To the end of the run and a little further; says what was not as promised.
  std::vector<std::string> run();

  const Disk& disk() const { return disk_; }
  const Scenario& scenario() const { return scenario_; }
  FaultCounts faults() const;
  World& world() { return world_; }

 private:
  template <class Kind>
  Kind* as(const std::string& name) const {
    return static_cast<Kind*>(world_.find(name));
  }
  void add_evaluator(bool foreign);
  void supervise();
  void calendar();
  void heal();

  void strike(Fault fault);
  void strike_evaluator(Fault fault);
  void kill(const std::string& name);
  void pause(const std::string& name, double most_ms);
  std::int64_t fsync();
  // A living evaluator of this version; "" = none.
  std::string any_evaluator();
  // Whether so many evaluators were struck while they had this one's candidate alone that one more
  // would look as if they died of it. No rule could tell that from bad luck.
  bool spares(const std::string& name);
  bool is_healthy(const std::string& name) const;
  std::int64_t between(double least_ms, double most_ms);

  bool run_until(bool (Pipeline::*done)() const, std::int64_t within_ns);
  bool ended() const;
  bool closed() const;

  Scenario scenario_;
  Engines& engines_;
  Draws draws_;
  Disk disk_;
  World world_;
  std::map<std::string, bool> evaluators_;  // name -> foreign
  std::set<std::string> departed_;
  std::map<std::string, std::int64_t> starts_at_ns_;  // of the dead
  bool healed_ = false;
  bool tear_writer_ = false;
  bool slow_fsync_ = false;
};

}  // namespace mendel::simulation
