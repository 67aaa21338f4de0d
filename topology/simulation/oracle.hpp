// Oracle: what a run leaves behind, and what two runs of one experiment must have in common,
// whatever happened to them.
// Threads: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "shared/base/hash.hpp"
#include "topology/simulation/database.hpp"
#include "topology/simulation/disk.hpp"

namespace mendel::simulation {

// Without names of runs, times and counts of what was done again.
struct Legacy {
  std::string digest;                          // of the last generation
  std::string report;                          // JSON
  std::map<Digest, std::uint64_t> scores;      // key -> fingerprint of what is recorded
  std::map<std::string, std::string> records;  // id -> content
  // Whether every score has the birth of its generation. A dispatcher that died may have begun
  // generations that its successor dates anew, at a checkpoint of its own.
  bool one_birth = true;
  std::string market;                 // fingerprint of market_data
  std::vector<std::string> failures;  // what is wrong without comparing
};

Legacy legacy_of(const Disk& disk, const std::string& run);

// What was promised to be safe, and what is there of it.
struct Conservation {
  std::uint64_t bars_accepted = 0;  // somebody was told that they are durable
  std::uint64_t bars_lost = 0;      // of these, not in the log or not in the database
  std::uint64_t bars_doubled = 0;   // in the log, or counted by the database, more than once
  std::uint64_t scores_accepted = 0;
  std::uint64_t scores_lost = 0;
  std::uint64_t scores_doubled = 0;
  std::uint64_t held_back = 0;        // rows that the rule keeps out of the database
  std::string market;                 // fingerprint of market_data
  std::vector<std::string> failures;  // in words
};

// `before`: what market_data held at first.
Conservation conservation_of(const Disk& disk, const Database& database, const MarketRows& before);

// Every difference, in words.
std::vector<std::string> compare(const Legacy& expected, const Legacy& actual);

}  // namespace mendel::simulation
