// Pipeline: a scenario on its way: the processes in their world, a supervisor that starts again
// what died, and the calendar of faults.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "shared/base/rng.hpp"
#include "topology/simulation/client.hpp"
#include "topology/simulation/database.hpp"
#include "topology/simulation/disk.hpp"
#include "topology/simulation/dispatcher.hpp"
#include "topology/simulation/engine.hpp"
#include "topology/simulation/evaluator.hpp"
#include "topology/simulation/scenario.hpp"
#include "topology/simulation/tenure.hpp"
#include "topology/simulation/world.hpp"

namespace mendel::simulation {

// Once nothing breaks any more, a run ends within this.
inline constexpr std::int64_t kEndsWithinNs = 300 * kNsPerSecond;
// And the dispatcher's books are closed within the longest lease and this.
inline constexpr std::int64_t kClosesWithinNs = 20 * kNsPerSecond;
// And everything is stored within this: a loader that was silent is asked every 30 s.
inline constexpr std::int64_t kDrainsWithinNs = 120 * kNsPerSecond;

class Pipeline {
 public:
  Pipeline(Scenario scenario, Engines& engines, World::Trace trace);

  // To the end of the run and a little further; says what was not as promised.
  std::vector<std::string> run();

  const Disk& disk() const { return disk_; }
  const Database& database() const { return database_; }
  // What was in market_data before anything happened.
  const MarketRows& market_before() const { return market_before_; }
  const Scenario& scenario() const { return scenario_; }
  FaultCounts faults() const;
  // When the client heard that the run has ended, after the start; 0 = not yet.
  std::int64_t ended_after_ns() const { return ended_after_ns_; }
  World& world() { return world_; }

 private:
  template <class Kind>
  Kind* as(const std::string& name) const {
    return static_cast<Kind*>(world_.find(name));
  }
  void add_stages();
  void plan();
  void add_evaluator(bool foreign);
  // One more process of a role that has one owner.
  void add(const std::string& role);
  std::unique_ptr<Process> make(const std::string& role, const std::string& incarnation);
  void supervise();
  void calendar();
  void heal();

  void strike(Fault fault);
  void strike_evaluator(Fault fault);
  void strike_database(Fault fault);
  void strike_disk(Fault fault);
  void strike_process(const std::string& role, Fault fault);
  void begin_second(const std::string& role, Fault fault);
  void part(Fault fault);
  // Ends it after a while.
  void for_a_while(double least_ms, double most_ms, bool& flag);
  void kill(const std::string& name);
  void pause(const std::string& name, double most_ms);
  std::int64_t fsync(const std::string& role);
  // The one that owns the role, as far as it knows; nullptr = nobody does.
  Process* owner(const std::string& role) const;
  // A living evaluator of this version; "" = none.
  std::string any_evaluator();
  // Whether so many evaluators were struck while they had this one's candidate alone that one more
  // would look as if they died of it. No rule could tell that from bad luck.
  bool spares(const std::string& name);
  bool is_healthy(const std::string& name) const;
  std::int64_t between(double least_ms, double most_ms);

  bool run_until(bool (Pipeline::*done)() const, std::int64_t within_ns);
  bool ended() const;
  bool healed() const { return healed_; }
  bool closed() const;
  bool stored() const;

  Scenario scenario_;
  Engines& engines_;
  Draws draws_;
  Disk disk_;
  Database database_;
  std::vector<ingestor::Shipment> shipments_;
  std::size_t own_shipments_ = 0;
  MarketRows market_before_;
  World world_;
  std::map<std::string, std::vector<std::string>> names_;  // by role
  std::map<std::string, bool> evaluators_;                 // name -> foreign
  std::set<std::string> departed_;
  std::map<std::string, std::int64_t> starts_at_ns_;  // of the dead
  bool healed_ = false;
  std::int64_t ended_after_ns_ = 0;
  std::set<std::string> tears_;  // roles whose next fsync is not survived
  bool slow_fsync_ = false;
  bool slow_disk_ = false;
};

}  // namespace mendel::simulation
