// Scenario: what a seed stands for: an experiment, a number of evaluators, and which faults happen
// how often. Each seed has its own choice of faults, so that combinations differ.
// Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stages/ingestor/ingestor.hpp"
#include "topology/simulation/fault.hpp"
#include "topology/simulation/world.hpp"

namespace mendel::simulation {

// An experiment that is searched; the last are scored by the real kernel.
std::size_t experiment_count();
std::string experiment_text(std::size_t index);
// What is ingested meanwhile: the experiment's symbols first, each in two files that overlap and
// come in the wrong order, then another symbol with revisions and conflicts.
std::vector<ingestor::Shipment> shipments_of(std::size_t experiment);
// Of these, how many are the experiment's own.
std::size_t own_shipments(std::size_t experiment);

// A seed chooses a lease up to this.
inline constexpr std::int64_t kLeaseNsMax = 10 * kNsPerSecond;

struct Scenario {
  std::uint64_t seed = 0;
  std::size_t experiment = 0;
  std::string run;
  int evaluators = 1;
  std::size_t threads = 1;  // of each
  double candidate_ms = 1;
  std::int64_t lease_ns = 0;
  Weather weather;
  bool late_files = false;
  // Checkpoints that the reserve of a full disk has room for. The real one holds some thousands,
  // unless somebody else writes into it.
  int reserve_files = 3;
  bool ingest_first = false;  // else its bars are in the database since long
  std::vector<std::pair<std::int64_t, Fault>> planned;  // at a time after the start
  // The database is away from then to then; the run ends when it may, what is stored waits.
  std::optional<std::pair<std::int64_t, std::int64_t>> outage;
  std::vector<Fault> faults;        // that the calendar picks from
  std::int64_t fault_every_ns = 0;  // on average
  std::int64_t heals_at_ns = 0;     // after the start: from then on nothing breaks any more
};

Scenario scenario_of(std::uint64_t seed);
// The same experiment with one evaluator and no fault.
Scenario undisturbed(std::size_t experiment);

}  // namespace mendel::simulation
