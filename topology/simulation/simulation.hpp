// Simulation: the pipeline in one thread on virtual time, one seed after another. A seed is a whole
// history: what is searched, by whom, and everything that goes wrong. docs/simulation.md.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shared/config/value.hpp"
#include "topology/simulation/engine.hpp"
#include "topology/simulation/fault.hpp"
#include "topology/simulation/oracle.hpp"
#include "topology/simulation/scenario.hpp"
#include "topology/simulation/world.hpp"

namespace mendel::simulation {

// What became of one seed.
struct Outcome {
  std::uint64_t seed = 0;
  std::string scenario;               // in words
  std::string digest;                 // of the last generation, hex
  std::vector<std::string> failures;  // broken promises; empty = all is well
  bool digest_differs = false;
  FaultCounts faults{};
  Conservation conserved;
  std::uint64_t evaluations = 0;  // recorded
  std::uint64_t computed = 0;     // by evaluators; what is beyond was done again
  std::uint64_t messages = 0;
  std::uint64_t events = 0;
  std::int64_t virtual_ns = 0;
  std::int64_t ended_after_ns = 0;  // the run; what is stored and asked for comes later
  std::uint64_t takeovers = 0;      // owners that were stopped, and replaced
};

class Simulation {
 public:
  // For planted bugs: changes every scenario but the undisturbed ones.
  using Change = std::function<void(Scenario&)>;
  explicit Simulation(Change change = {}) : change_(std::move(change)) {}

  Outcome run(std::uint64_t seed, const World::Trace& trace = {});

 private:
  const Legacy& expected(std::size_t experiment);

  Change change_;
  Engines engines_;
  std::map<std::size_t, Legacy> expected_;
};

// The sum over many seeds.
struct Survey {
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;
  std::uint64_t digests_that_differ = 0;
  std::uint64_t bars_accepted = 0, bars_lost = 0, bars_doubled = 0;
  std::uint64_t scores_accepted = 0, scores_lost = 0, scores_doubled = 0;
  std::uint64_t rows_held_back = 0;  // by `[results] database = "kept"`
  std::uint64_t takeovers = 0;
  std::uint64_t evaluations = 0;
  std::uint64_t computed = 0;
  std::uint64_t messages = 0;
  std::uint64_t events = 0;
  std::int64_t virtual_ns = 0;
  std::int64_t real_ns = 0;
  FaultCounts faults{};
  std::vector<std::uint64_t> failed_seeds;  // the first kSeedsKept
  std::vector<Outcome> failures;            // the first kFailuresKept

  static constexpr std::size_t kFailuresKept = 20;
  static constexpr std::size_t kSeedsKept = 10'000;
  void add(const Outcome& outcome);
};

config::Value survey_value(const Survey& survey);
std::string survey_text(const Survey& survey);

}  // namespace mendel::simulation
