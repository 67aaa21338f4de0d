// Disk: what outlives a process: the store's runs and experiments, the epochs, and the score log
// with its durable end.
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/hash.hpp"
#include "shared/durable_log/log.hpp"

namespace mendel::simulation {

// A durable log in memory: what is written is durable once sync() has been called; a crash before
// that keeps the first records of what was written, as many as the disk happened to have.
class MemoryLog {
 public:
  // A new segment; older ones are sealed.
  void begin(std::uint64_t epoch);
  // Appends without making durable; returns the position behind the last.
  durable_log::Position write(std::span<const durable_log::Record> records);
  void sync() { durable_ = entries_.size(); }
  std::size_t unsynced() const { return entries_.size() - durable_; }
  // `kept`: a share of what was not durable.
  void crash(double kept);

  // The record that begins there, if it is durable.
  const durable_log::Record* read_at(const durable_log::Position& begin) const;
  std::span<const durable_log::Entry> durable() const { return {entries_.data(), durable_}; }

 private:
  std::string segment_;
  std::uint64_t end_ = 0;
  std::uint64_t sequence_ = 0;
  std::size_t durable_ = 0;
  std::vector<durable_log::Entry> entries_;
  std::map<durable_log::Position, std::size_t> places_;  // begin -> index
};

struct Disk {
  struct Experiment {
    std::string text;
    std::int64_t published_ns = 0;  // monotonic
  };
  std::map<std::string, std::map<std::string, std::string>> runs;  // run -> file -> bytes
  std::map<Digest, Experiment> experiments;
  std::uint64_t writer_epoch = 0;
  MemoryLog scores;

  // Evaluators whose latest batch is one candidate, and its key; evaluators that were struck; and
  // how many of them had a candidate alone.
  std::map<std::string, Digest> alone;
  std::set<std::string> struck;
  std::map<Digest, int> deaths;

  // Promises that a process saw broken.
  std::vector<std::string> complaints;
  std::uint64_t computed = 0;    // candidates, by all evaluators
  std::uint64_t late_files = 0;  // times that an evaluator did not see one
};

}  // namespace mendel::simulation
